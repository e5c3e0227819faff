// SPDX-License-Identifier: Apache-2.0
#include "service/platform/batching_sink.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>

#include <algorithm>
#include <utility>

namespace console_policy::platform {
namespace {

constexpr const char* line_pattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})";
constexpr std::size_t max_spare_bytes = 512UL * 1024;  // that a buffer keeps for later lines

// How long one write waits for a blocked output before the writer looks for a new file or the end.
constexpr std::chrono::milliseconds slice{100};

}  // namespace

BatchingSink::BatchingSink(std::unique_ptr<LogFile> file)
    : base_sink(std::make_unique<spdlog::pattern_formatter>(line_pattern,
                                                            spdlog::pattern_time_type::utc, "\n")),
      file_(std::move(file)),
      writer_([this] { run(); }) {}

BatchingSink::~BatchingSink() {
  {
    const Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

void BatchingSink::use(std::unique_ptr<LogFile> next) {
  const Lock lock(mutex_);
  next_file_ = std::move(next);
}

void BatchingSink::sink_it_(const spdlog::details::log_msg& line) {
  const bool has_reserve =
      line.level >= spdlog::level::warn || line.logger_name == spdlog::string_view_t(audit_logger);
  const std::size_t bound = has_reserve ? max_bytes_with_reserve : max_bytes;
  if (added_ - written_ + line.payload.size() >= bound) {
    ++dropped_;
    return;
  }
  // Later lines of the same batch wake no thread.
  if (queued_.size() == 0) changed_.notify_one();
  append(line);
}

void BatchingSink::append(const spdlog::details::log_msg& line) {
  const std::size_t before = queued_.size();
  formatter_->format(line, queued_);
  added_ += queued_.size() - before;
}

std::uint64_t BatchingSink::append_note_of_dropped() {
  const std::uint64_t count = std::exchange(dropped_, 0);
  if (count == 0) return 0;
  const std::string text = fmt::format(R"("message":"log lines dropped","count":{})", count);
  append({"log", spdlog::level::warn, text});
  return count;
}

void BatchingSink::flush_() {
  Lock lock(mutex_, std::adopt_lock);
  const std::uint64_t wanted = added_;
  const Clock::time_point began = Clock::now();
  ++flushes_;
  changed_.notify_one();
  while (written_ < wanted) {
    const Clock::time_point until = std::min(began, blocked_since_) + patience;
    if (written_changed_.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  --flushes_;
  lock.release();  // base_sink unlocks
}

void BatchingSink::run() {
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || queued_.size() > 0; });
    if (queued_.size() == 0) return;
    changed_.wait_for(lock, interval, [this] { return ending_ || flushes_ > 0; });
    if (!write_batch(lock)) return;
  }
}

// Releases the lock during each write. Returns false if the sink ends and the output is blocked.
bool BatchingSink::write_batch(Lock& lock) {
  const std::uint64_t reported = append_note_of_dropped();
  std::swap(batch_, queued_);
  std::string_view rest(batch_.data(), batch_.size());
  blocked_since_ = Clock::now();
  while (!rest.empty()) {
    if (next_file_ != nullptr) file_ = std::move(next_file_);
    lock.unlock();
    const Result<std::size_t> taken = file_->write(rest, slice);
    lock.lock();
    if (!taken.ok()) {  // The system refuses the rest: its lines are dropped, and so is the note.
      dropped_ += static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n'));
      if (reported > 0) dropped_ += reported - 1;
    } else if (taken.value() == 0) {
      if (ending_ && Clock::now() >= blocked_since_ + patience) return false;
      continue;
    }
    const std::size_t done = taken.ok() ? taken.value() : rest.size();
    rest.remove_prefix(done);
    written_ += done;
    blocked_since_ = Clock::now();
    written_changed_.notify_all();
  }
  blocked_since_ = Clock::time_point::max();
  batch_.clear();
  if (batch_.capacity() > max_spare_bytes) batch_ = spdlog::memory_buf_t();
  return true;
}

}  // namespace console_policy::platform
