// SPDX-License-Identifier: Apache-2.0
// Log: one JSON object per line, to standard error or a file.
//
// Contract: {"time":"…","level":"info","message":"…", fields…}. The message is a constant; variable
//           text goes into fields. Every value is escaped, so no input can forge a line. Never pass
//           a token, a body or a database URL. Lines are written in the order of the calls.
//           write() and keep() never wait: a thread of the log writes all queued lines every 5 ms
//           (batching_sink.h has the bounds). If the queue is full, a line is dropped and counted,
//           and a warning reports the count once the output has room again. Warnings, errors and
//           lines of keep() have a reserve of their own.
//           flush() waits until the system has all earlier lines, at most 5 s. So does the
//           destructor.
//           A new file has mode 0640; an existing one keeps its owner and mode (log_file.h).
// Errors:   start() and reopen() if the file cannot be opened; after a failed reopen() the log
//           continues in the old file.
// Threads:  safe for concurrent use.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policies/result.h"

namespace spdlog {
class logger;
}

namespace console_policy::platform {

class BatchingSink;
class LogFile;

enum class LogLevel { debug, info, warning, error };

struct LogOptions {
  LogLevel level{LogLevel::info};
  std::optional<std::string> file;  // standard error if absent
};

// A JSON value in one line, from an encoder. It is written unchanged.
struct LogJson {
  std::string_view text;
};

struct LogField {
  std::string_view name;  // a constant without characters that need escaping
  std::variant<std::string_view, std::int64_t, double, LogJson> value;
};

class Log final {
 public:
  static Result<std::unique_ptr<Log>> start(const LogOptions& options);
  ~Log();

  void write(LogLevel level, std::string_view message,
             const std::vector<LogField>& fields = {}) noexcept;
  // For audit lines: like write(), with the reserve that warnings and errors have.
  void keep(LogLevel level, std::string_view message,
            const std::vector<LogField>& fields = {}) noexcept;

  void flush() noexcept;

  // Opens the path of the file again, for log rotation: later lines go to the new file. No line is
  // lost. Does nothing if the log goes to standard error.
  Status reopen();

 private:
  Log(const LogOptions& options, std::unique_ptr<LogFile> file);

  const LogOptions options_;
  const std::shared_ptr<BatchingSink> sink_;
  const std::unique_ptr<spdlog::logger> usual_;
  const std::unique_ptr<spdlog::logger> audit_;
};

}  // namespace console_policy::platform
