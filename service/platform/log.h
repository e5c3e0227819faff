// SPDX-License-Identifier: Apache-2.0
// Log: one JSON object a line, to standard error or a file.
//
// Contract: {"time":"…","level":"info","message":"…", fields…}. The message is a constant; what
// varies goes into
//           fields. Every value is escaped, so no input can forge a line. Never hand it a token, a
//           body or a database URL.
// Errors:   start() when the file cannot be opened; a line that cannot be written later is dropped
// by the sink,
//           with a note on standard error at most once a second (spdlog's error handler).
// Threads:  write() is safe for concurrent use and synchronous: a line is out when it returns.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "policies/result.h"
#include "service/platform/log_options.h"

namespace console_policy::platform {

// One line of JSON, made by an encoder: it stands in the log as it is.
struct LogJson {
  std::string_view text;
};

struct LogField {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, LogJson> value;
};

class Log final {
 public:
  static Result<std::unique_ptr<Log>> start(const LogOptions& options);
  ~Log();

  void write(LogLevel level, std::string_view message,
             const std::vector<LogField>& fields = {}) noexcept;

 private:
  struct Sink;
  explicit Log(std::unique_ptr<Sink> sink);
  std::unique_ptr<Sink> sink_;
};

std::string_view name(LogLevel level);  // "debug", "info", "warning", "error"

// The line that write() would write, without its newline; apart so that it can be tested.
std::string log_line(std::string_view time, LogLevel level, std::string_view message,
                     const std::vector<LogField>& fields);

}  // namespace console_policy::platform
