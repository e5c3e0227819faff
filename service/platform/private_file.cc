// SPDX-License-Identifier: Apache-2.0
#include "service/platform/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace console_policy::platform {
namespace {

Error failed(const std::string& path, int error_number) {
  return invalid_request(path + ": " + std::generic_category().message(error_number));
}

class Descriptor final {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

Status make_private_folder(const std::string& path) {
  std::filesystem::path folder(path);
  if (!folder.has_filename()) folder = folder.parent_path();  // "/x/" is the folder "/x"
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return Success{};
  if (folder.has_parent_path()) {
    std::filesystem::create_directories(folder.parent_path(), error);
    if (error) return failed(folder.parent_path().string(), error.value());
  }
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return failed(path, errno);
  return Success{};
}

Status write_private_file(const std::string& path, std::string_view text) {
  // Written beside its place and linked into it, so that no half-written file is ever seen there.
  const std::string draft = path + ".new";
  ::unlink(draft.c_str());
  const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.get() < 0) return failed(path, errno);
  Status status = Success{};
  if (!write_all(file.get(), text) || ::link(draft.c_str(), path.c_str()) != 0) {
    status = failed(path, errno);
  }
  ::unlink(draft.c_str());
  return status;
}

bool file_exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace console_policy::platform
