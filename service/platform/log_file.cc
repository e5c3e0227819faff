// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <system_error>
#include <utility>

namespace console_policy::platform {
namespace {

Error refused(const std::string& path, int error_number) {
  return invalid_request(path + ": " + std::generic_category().message(error_number));
}

// A socket (the journal's is one) may have less room than poll() says: it must not wait for more.
ssize_t write_now(int descriptor, const char* text, std::size_t size) {
  const ssize_t sent = ::send(descriptor, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 && errno == ENOTSOCK ? ::write(descriptor, text, size) : sent;
}

// What goes wrong here, opening the file tells.
void make_folders_above(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    ::mkdir(path.substr(0, at).c_str(), 0750);
  }
}

}  // namespace

LogFile::LogFile(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {
  struct stat about {};
  on_disk_ = ::fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode);
}

LogFile::LogFile(LogFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      on_disk_(other.on_disk_) {}

LogFile& LogFile::operator=(LogFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(on_disk_, other.on_disk_);
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

Result<LogFile> LogFile::standard_error() {
  const int descriptor = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (descriptor < 0) return refused("standard error", errno);
  return LogFile("standard error", descriptor);
}

// Whether the descriptor takes something now, or does within that time.
bool LogFile::waits_until(std::chrono::steady_clock::time_point until) const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  pollfd output{descriptor_, POLLOUT, 0};
  return ::poll(&output, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) > 0;
}

Result<std::size_t> LogFile::add(std::string_view text,
                                 std::chrono::steady_clock::time_point until) {
  std::size_t added = 0;
  while (added < text.size()) {
    if (!on_disk_ && !waits_until(until)) break;
    // What poll() says there is room for in a pipe; more might wait for its reader.
    const std::size_t most = on_disk_ ? text.size() : PIPE_BUF;
    const ssize_t written =
        write_now(descriptor_, text.data() + added, std::min(text.size() - added, most));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (written < 0) return refused(path_, errno);
    added += static_cast<std::size_t>(written);
  }
  return added;
}

}  // namespace console_policy::platform
