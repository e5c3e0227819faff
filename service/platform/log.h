// SPDX-License-Identifier: Apache-2.0
// Log: one JSON object a line, to standard error or a file.
//
// Contract: {"time":"…","level":"info","message":"…", fields…}. The message is a constant; what
//           varies goes into fields. Every value is escaped, so no input can forge a line. Never
//           hand it a token, a body or a database URL. Lines stand in the order in which they were
//           written.
//           write() and keep() never wait: a thread of the log's hands what is queued to the system
//           within a few milliseconds (log_queue.h). While 4 MiB wait (a disk or a pipe that has
//           stopped), further lines are dropped, and a warning says how many as soon as there is
//           room again: nothing is lost in silence. Warnings, errors and what goes through keep()
//           have 4 MiB more. flush() waits for the system to have all, for five seconds of an
//           output that takes nothing; so does the destructor.
//           A file is made and kept as LogFile says. reopen() opens its path again and lets go of
//           the old file, whatever it is called now: all that is written after it is in the new
//           one, and no line is lost or torn. It does not wait for lines that are being written.
// Errors:   start() and reopen() when the file cannot be opened; after reopen() the old one goes on
//           then. A line that the system refuses later is dropped by the sink, with a note on
//           standard error at most once a second (spdlog's error handler).
// Threads:  safe for concurrent use.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policies/result.h"
#include "service/platform/log_options.h"

namespace console_policy::platform {

class LogQueue;

// One line of JSON, made by an encoder: it stands in the log as it is.
struct LogJson {
  std::string_view text;
};

struct LogField {
  std::string_view name;  // a constant; nothing in it needs escaping
  std::variant<std::string_view, std::int64_t, double, LogJson> value;
};

class Log final {
 public:
  static Result<std::unique_ptr<Log>> start(const LogOptions& options);
  ~Log();

  void write(LogLevel level, std::string_view message,
             const std::vector<LogField>& fields = {}) noexcept;
  // A line that is dropped only where an error would be, whatever its level.
  void keep(LogLevel level, std::string_view message,
            const std::vector<LogField>& fields = {}) noexcept;

  // Returns when all that was written before is with the system, or is not to be soon.
  void flush() noexcept;

  // For whoever rotates log files. Nothing to do when the log goes to standard error.
  Status reopen();

 private:
  Log(const LogOptions& options, std::unique_ptr<LogQueue> queue);
  void add(LogLevel level, std::string_view message, const std::vector<LogField>& fields,
           bool kept) noexcept;

  const LogOptions options_;
  const std::unique_ptr<LogQueue> queue_;
};

std::string_view name(LogLevel level);  // "debug", "info", "warning", "error"

// The line that write() would write, without its newline; apart so that it can be tested.
std::string log_line(std::string_view time, LogLevel level, std::string_view message,
                     const std::vector<LogField>& fields);

}  // namespace console_policy::platform
