// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace console_policy::platform {
namespace {

Error refused(const std::string& path, int error_number) {
  return invalid_request(path + ": " + std::generic_category().message(error_number));
}

// What goes wrong here, opening the file tells.
void make_folders_above(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    ::mkdir(path.substr(0, at).c_str(), 0750);
  }
}

}  // namespace

LogFile::LogFile(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {}

LogFile::LogFile(LogFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

LogFile& LogFile::operator=(LogFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LogFile::~LogFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<LogFile> LogFile::open(std::string path) {
  make_folders_above(path);
  // With O_NONBLOCK a pipe that nobody reads is an error; without, opening it would wait.
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (descriptor < 0) return refused(path, errno);
  LogFile file(std::move(path), descriptor);
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) != 0) {
    return refused(file.path_, errno);
  }
  return file;
}

Status LogFile::add(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor_, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return refused(path_, errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return Success{};
}

}  // namespace console_policy::platform
