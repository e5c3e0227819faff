// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log.h"

#include <exception>
#include <utility>

#include "service/platform/clock.h"
#include "service/platform/log_file.h"
#include "service/platform/log_queue.h"
#include "service/platform/time_text.h"

namespace console_policy::platform {

Log::Log(const LogOptions& options, std::unique_ptr<LogQueue> queue)
    : options_(options), queue_(std::move(queue)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::start(const LogOptions& options) {
  try {
    Result<LogFile> file =
        options.file.has_value() ? LogFile::open(*options.file) : LogFile::standard_error();
    if (!file.ok()) return invalid_request("log.file: " + file.error().message);
    return std::unique_ptr<Log>(
        new Log(options, std::make_unique<LogQueue>(std::move(file).value())));
  } catch (const std::exception& failure) {
    return invalid_request(std::string("log: ") + failure.what());
  }
}

Status Log::reopen() {
  if (!options_.file.has_value()) return Success{};
  Result<LogFile> file = LogFile::open(*options_.file);
  if (!file.ok()) return std::move(file).error();
  queue_->go_on_in(std::move(file).value());
  return Success{};
}

void Log::write(LogLevel level, std::string_view message,
                const std::vector<LogField>& fields) noexcept {
  add(level, message, fields, level >= LogLevel::warning);
}

void Log::keep(LogLevel level, std::string_view message,
               const std::vector<LogField>& fields) noexcept {
  add(level, message, fields, true);
}

void Log::add(LogLevel level, std::string_view message, const std::vector<LogField>& fields,
              bool kept) noexcept {
  try {
    if (level < options_.level) return;
    queue_->add(log_line(format_time(system_time()), level, message, fields),
                kept ? LogQueue::Line::kept : LogQueue::Line::usual);
  } catch (const std::exception&) {
    // Out of memory while logging: the request that is logged matters more than its line.
  }
}

void Log::flush() noexcept {
  try {
    queue_->flush();
  } catch (const std::exception&) {
    // A mutex that cannot be locked: nothing is left to do.
  }
}

}  // namespace console_policy::platform
