// SPDX-License-Identifier: Apache-2.0
// LogFile: the output of the log: a file, a pipe, a socket or a terminal.
//
// Contract: open() creates a missing file with mode 0640 and missing folders above it with 0750;
//           the umask may remove more. An existing file keeps its owner, mode and content. A pipe
//           must have a reader.
//           write() returns how many bytes the system accepted. An output other than a regular file
//           that accepts nothing within `wait` gives 0; a disk is waited for.
// Errors:   invalid_request "PATH: reason".
// Threads:  one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "policies/result.h"

namespace console_policy::platform {

class LogFile final {
 public:
  static Result<std::unique_ptr<LogFile>> open(const std::string& path);
  static Result<std::unique_ptr<LogFile>> standard_error();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile();

  Result<std::size_t> write(std::string_view text, std::chrono::milliseconds wait);

 private:
  LogFile(std::string path, int descriptor);

  const std::string path_;
  const int descriptor_;
  bool regular_{false};
};

}  // namespace console_policy::platform
