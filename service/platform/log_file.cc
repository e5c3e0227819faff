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
#include <system_error>
#include <utility>

namespace console_policy::platform {
namespace {

Error file_error(const std::string& path, int error_number) {
  return invalid_request(path + ": " + std::generic_category().message(error_number));
}

// Ignores failures: open() reports them.
void make_folders_above(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    ::mkdir(path.substr(0, at).c_str(), 0750);
  }
}

}  // namespace

LogFile::LogFile(std::string path, int descriptor)
    : path_(std::move(path)), descriptor_(descriptor) {
  struct stat status {};
  regular_ = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

LogFile::~LogFile() {
  ::close(descriptor_);
}

Result<std::unique_ptr<LogFile>> LogFile::open(const std::string& path) {
  make_folders_above(path);
  // O_NONBLOCK: opening a pipe without a reader fails instead of waiting for one.
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  if (descriptor < 0) return file_error(path, errno);
  return std::unique_ptr<LogFile>(new LogFile(path, descriptor));
}

Result<std::unique_ptr<LogFile>> LogFile::standard_error() {
  const int descriptor = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (descriptor < 0) return file_error("standard error", errno);
  return std::unique_ptr<LogFile>(new LogFile("standard error", descriptor));
}

Result<std::size_t> LogFile::write(std::string_view text, std::chrono::milliseconds wait) {
  std::size_t size = text.size();
  if (!regular_) {
    pollfd output{descriptor_, POLLOUT, 0};
    if (::poll(&output, 1, static_cast<int>(wait.count())) <= 0) return std::size_t{0};
    // Standard error may be a blocking pipe; poll() promises room for this much.
    size = std::min<std::size_t>(size, PIPE_BUF);
  }
  // A socket may have less room than poll() promises (the journal's).
  ssize_t written = ::send(descriptor_, text.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (written < 0 && errno == ENOTSOCK) written = ::write(descriptor_, text.data(), size);
  if (written < 0 && (errno == EINTR || errno == EAGAIN)) return std::size_t{0};
  if (written < 0) return file_error(path_, errno);
  return static_cast<std::size_t>(written);
}

}  // namespace console_policy::platform
