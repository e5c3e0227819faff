// SPDX-License-Identifier: Apache-2.0
// LogFile: a file that lines are added to.
//
// Contract: open() makes a file that is not there, 0640 (its owner and group: who reads logs can be
//           given the group), and the folders above it, 0750; the umask may take more away.
//           A file that is there keeps its owner, mode and lines: it is the operator's, or the one
//           that rotates logs has made it. It may be a pipe that somebody reads.
//           add() gives how much of the text is with the system: all of it, but for a pipe, a
//           socket or a terminal that takes no more until `until`. A disk it waits for.
// Errors:   invalid_request "PATH: what is wrong".
// Threads:  one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "policies/result.h"

namespace console_policy::platform {

class LogFile final {
 public:
  static Result<LogFile> open(std::string path);
  static Result<LogFile> standard_error();
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&& other) noexcept;
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile();

  Result<std::size_t> add(std::string_view text, std::chrono::steady_clock::time_point until);

 private:
  LogFile(std::string path, int descriptor);
  bool waits_until(std::chrono::steady_clock::time_point until) const;

  std::string path_;
  int descriptor_;
  bool on_disk_{false};
};

}  // namespace console_policy::platform
