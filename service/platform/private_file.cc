// SPDX-License-Identifier: Apache-2.0
#include "service/platform/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace console_policy::platform {
namespace {

Error failed(const std::string& path, int error_number) {
  return invalid_request(path + ": " + std::generic_category().message(error_number));
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
  // Written under another name and linked into place, so that no reader sees half a file.
  const std::string draft = path + ".new";
  ::unlink(draft.c_str());
  const int descriptor = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return failed(path, errno);
  const std::unique_ptr<FILE, int (*)(FILE*)> file(::fdopen(descriptor, "w"), &std::fclose);
  Status status = Success{};
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0 || ::fsync(descriptor) != 0 ||
      ::link(draft.c_str(), path.c_str()) != 0) {
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
