// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "service/config/load.h"
#include "service/config/source_text.h"

namespace console_policy::config {
namespace {

class OpenFile final {
 public:
  // Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

Error system_error(const std::string& path) {
  return invalid_request(path + ": " + std::generic_category().message(errno));
}

// `forbidden`: the bits of the mode that must not be set.
Result<std::string> read_whole(const std::string& path, mode_t forbidden) {
  const OpenFile file(path);
  if (file.descriptor() < 0) return system_error(path);
  struct stat about {};
  if (::fstat(file.descriptor(), &about) != 0) return system_error(path);
  if (!S_ISREG(about.st_mode)) return invalid_request(path + ": not a regular file");
  if ((about.st_mode & forbidden) != 0) {
    return invalid_request(path + ": holds a secret, and is not its owner's alone (chmod 600)");
  }

  // One byte more than allowed tells a file that is too big, even one that grows meanwhile.
  std::string text(max_file_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.descriptor(), &text[size], text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > max_file_bytes) {
    return invalid_request(path + ": bigger than " + std::to_string(max_file_bytes) + " bytes");
  }
  text.resize(size);
  return text;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  return read_whole(path, 0);
}

Result<std::string> read_secret_file(const std::string& path) {
  Result<std::string> text = read_whole(path, S_IRWXG | S_IRWXO);
  if (!text.ok()) return text;
  std::string secret = std::move(text).value();
  if (!secret.empty() && secret.back() == '\n') secret.pop_back();
  if (secret.empty()) return invalid_request(path + ": is empty");
  if (std::any_of(secret.begin(), secret.end(), is_control)) {
    return invalid_request(path + ": expected one line without control characters");
  }
  return secret;
}

}  // namespace console_policy::config
