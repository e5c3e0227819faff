// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <string>

#include "service/platform/clock.h"
#include "service/platform/time_text.h"
#include "service/platform/utf8.h"

namespace console_policy::platform {
namespace {

void append_escaped(std::string& line, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  line += "\\u00";
  line += digits[byte >> 4U];
  line += digits[byte & 0x0fU];
}

// spdlog's %v is not escaped, hence our own quoting. Bytes that are not UTF-8 are shown as their
// numbers.
void append_quoted(std::string& line, std::string_view text) {
  const bool utf8 = is_utf8(text);
  line += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      append_escaped(line, byte);
    } else {
      line += c;
    }
  }
  line += '"';
}

void append_value(std::string& line, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    append_quoted(line, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    line += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    line += fmt::format("{:.3f}", *real);
  } else if (const auto* json = std::get_if<LogJson>(&field.value)) {
    line += json->text;
  }
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

std::string log_line(std::string_view time, LogLevel level, std::string_view message,
                     const std::vector<LogField>& fields) {
  std::string line;
  line.reserve(320);
  line += "{\"time\":";
  append_quoted(line, time);
  line += ",\"level\":";
  append_quoted(line, name(level));
  line += ",\"message\":";
  append_quoted(line, message);
  for (const LogField& field : fields) {
    line += ',';
    append_quoted(line, field.name);
    line += ':';
    append_value(line, field);
  }
  line += '}';
  return line;
}

struct Log::Sink {
  explicit Sink(spdlog::sink_ptr sink) : logger("console-policy", std::move(sink)) {}
  spdlog::logger logger;
};

Log::Log(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::start(const LogOptions& options) {
  try {
    spdlog::sink_ptr sink;
    if (options.file.has_value()) {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(*options.file);
    } else {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    }
    sink->set_pattern("%v");
    auto log = std::unique_ptr<Log>(new Log(std::make_unique<Sink>(std::move(sink))));
    log->sink_->logger.set_level(spdlog_level(options.level));
    log->sink_->logger.flush_on(spdlog::level::trace);
    return log;
  } catch (const std::exception& failure) {
    return invalid_request(std::string("log.file: ") + failure.what());
  }
}

void Log::write(LogLevel level, std::string_view message,
                const std::vector<LogField>& fields) noexcept {
  try {
    if (!sink_->logger.should_log(spdlog_level(level))) return;
    sink_->logger.log(
        spdlog_level(level),
        spdlog::string_view_t(log_line(format_time(system_time()), level, message, fields)));
  } catch (...) {
    // Out of memory while logging: the request that is logged matters more than its line.
  }
}

}  // namespace console_policy::platform
