// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>

#include <array>
#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "service/platform/batching_sink.h"
#include "service/platform/log_file.h"

namespace console_policy::platform {
namespace {

// Whether JSON needs no escape: printable ASCII without quotes and backslashes. Without branches,
// so that the compiler vectorizes the loop.
bool is_plain(std::string_view text) {
  unsigned special = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    special |= unsigned{byte < 0x20} | unsigned{byte > 0x7e} | unsigned{byte == '"'} |
               unsigned{byte == '\\'};
  }
  return special == 0;
}

void append_quoted(std::string& line, std::string_view text) {
  if (!is_plain(text)) {
    // Replaces bytes that are not UTF-8 by U+FFFD.
    line += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return;
  }
  line += '"';
  line += text;
  line += '"';
}

struct AppendValue {
  std::string& line;

  void operator()(std::string_view text) const { append_quoted(line, text); }
  void operator()(std::int64_t number) const {
    fmt::format_to(std::back_inserter(line), "{}", number);
  }
  void operator()(double number) const {
    fmt::format_to(std::back_inserter(line), "{:.3f}", number);
  }
  void operator()(LogJson json) const { line += json.text; }
};

// The members behind time and level, which the sink's pattern writes.
std::string members(std::string_view message, const std::vector<LogField>& fields) {
  constexpr std::size_t usual_bytes = 640;
  std::string line;
  line.reserve(usual_bytes);
  line += "\"message\":";
  append_quoted(line, message);
  for (const LogField& field : fields) {
    line += ",\"";
    line += field.name;
    line += "\":";
    std::visit(AppendValue{line}, field.value);
  }
  return line;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                              spdlog::level::err};
  return levels[static_cast<std::size_t>(level)];
}

void log_to(spdlog::logger& logger, LogLevel level, std::string_view message,
            const std::vector<LogField>& fields) noexcept {
  try {
    if (!logger.should_log(spdlog_level(level))) return;
    const std::string line = members(message, fields);
    logger.log(spdlog_level(level), spdlog::string_view_t(line));
  } catch (const std::exception&) {
    // Out of memory: the request matters more than its log line.
  }
}

}  // namespace

Log::Log(const LogOptions& options, std::unique_ptr<LogFile> file)
    : options_(options),
      sink_(std::make_shared<BatchingSink>(std::move(file))),
      usual_(std::make_unique<spdlog::logger>("log", sink_)),
      audit_(std::make_unique<spdlog::logger>(BatchingSink::audit_logger, sink_)) {
  usual_->set_level(spdlog_level(options.level));
  audit_->set_level(spdlog_level(options.level));
}

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::start(const LogOptions& options) {
  try {
    Result<std::unique_ptr<LogFile>> file =
        options.file.has_value() ? LogFile::open(*options.file) : LogFile::standard_error();
    if (!file.ok()) return invalid_request("log.file: " + file.error().message);
    return std::unique_ptr<Log>(new Log(options, std::move(file).value()));
  } catch (const std::exception& failure) {
    return invalid_request(std::string("log: ") + failure.what());
  }
}

Status Log::reopen() {
  if (!options_.file.has_value()) return Success{};
  Result<std::unique_ptr<LogFile>> file = LogFile::open(*options_.file);
  if (!file.ok()) return std::move(file).error();
  sink_->use(std::move(file).value());
  return Success{};
}

void Log::write(LogLevel level, std::string_view message,
                const std::vector<LogField>& fields) noexcept {
  log_to(*usual_, level, message, fields);
}

void Log::keep(LogLevel level, std::string_view message,
               const std::vector<LogField>& fields) noexcept {
  log_to(*audit_, level, message, fields);
}

void Log::flush() noexcept {
  try {
    audit_->flush();
  } catch (const std::exception&) {
    // spdlog reports the failure of a sink itself; this is its own report failing.
  }
}

}  // namespace console_policy::platform
