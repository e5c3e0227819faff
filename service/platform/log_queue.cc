// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log_queue.h"

#include <exception>
#include <utility>

#include "service/platform/clock.h"
#include "service/platform/log.h"
#include "service/platform/time_text.h"

namespace console_policy::platform {
namespace {

// So long the writer waits for an output that takes nothing before it looks whether all is to end.
constexpr std::chrono::milliseconds slice{100};

}  // namespace

void LogQueue::Sink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t text;
  formatter_->format(message, text);
  const Result<std::size_t> taken = file_.add({text.data(), text.size()}, until);
  if (!taken.ok()) spdlog::throw_spdlog_ex("log: " + taken.error().message);
  rest.assign(text.data() + taken.value(), text.size() - taken.value());
}

LogQueue::LogQueue(LogFile file)
    : sink_(std::make_shared<Sink>(std::move(file))),
      logger_("console-policy", sink_),
      writer_([this] { run(); }) {
  logger_.set_pattern("%v");
}

LogQueue::~LogQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

void LogQueue::add(const std::string& line, Line kind) {
  Lock lock(mutex_);
  const std::size_t most = kind == Line::usual ? max_queued_bytes : max_kept_bytes;
  if (waiting_.size() + in_hand_ + line.size() >= most) {
    ++dropped_;
    return;
  }
  waiting_ += line;
  waiting_ += '\n';
  ++added_;
  // Not when the writer lingers over earlier lines: it will find these too.
  const bool wake = std::exchange(idle_, false);
  lock.unlock();
  if (wake) changed_.notify_one();
}

// Whoever needs it writes what waits, its own and the others', unless somebody does so already or
// has just tried in vain.
void LogQueue::flush() {
  Lock lock(mutex_);
  const std::uint64_t wanted = added_;
  const Clock::time_point began = Clock::now();
  while (written_ < wanted) {
    const Clock::time_point until = stopped_.value_or(began) + patience;
    if (Clock::now() >= until) return;
    if (writing_ || stopped_) {
      written_changed_.wait_until(lock, until);
    } else {
      write_out(lock, Clock::now() + slice);
    }
  }
}

// Never waits for the one that writes: it would be for as long as the disk hangs.
void LogQueue::go_on_in(LogFile next) {
  const std::lock_guard<std::mutex> lock(mutex_);
  next_ = std::move(next);
  if (!writing_) take_next();
}

// Under mutex_, when nobody writes.
void LogQueue::take_next() {
  if (next_.has_value()) sink_->go_on_in(*std::move(next_));
  next_.reset();
}

void LogQueue::run() {
  Lock lock(mutex_);
  for (;;) {
    while (!ending_ && waiting_.empty()) {
      idle_ = true;
      changed_.wait(lock);
    }
    idle_ = false;
    if (waiting_.empty()) return;
    if (ending_ && stopped_ && Clock::now() >= *stopped_ + patience) return;
    // Who writes a line a moment later needs not wake us again.
    if (!stopped_) changed_.wait_for(lock, linger, [this] { return ending_; });
    if (writing_) {
      written_changed_.wait(lock);
    } else {
      write_out(lock, Clock::now() + slice);
    }
  }
}

// Under mutex_, which it gives back meanwhile; nobody else writes.
void LogQueue::write_out(Lock& lock, Clock::time_point until) {
  if (waiting_.empty()) return;
  writing_ = true;
  // Others go on in the room of the lines before last: it has been grown already.
  std::string taken;
  taken.swap(waiting_);
  waiting_.swap(spare_);
  const std::uint64_t count = added_;
  const std::uint64_t dropped = std::exchange(dropped_, 0);
  in_hand_ = taken.size();
  lock.unlock();
  sink_->until = until;
  hand_over(taken);
  std::string rest = std::exchange(sink_->rest, {});
  const bool told = dropped == 0 || (rest.empty() && say_dropped(dropped));
  // A warning that is only half there goes on before all others.
  rest += std::exchange(sink_->rest, {});
  lock.lock();
  if (!told) dropped_ += dropped;
  if (rest.empty()) {
    stopped_.reset();
    written_ = count;
  } else {
    if (rest.size() < in_hand_ || !stopped_) stopped_ = Clock::now();
    put_back(std::move(rest));
  }
  in_hand_ = 0;
  taken.clear();
  if (taken.capacity() <= max_spare_bytes) spare_.swap(taken);
  writing_ = false;
  take_next();
  written_changed_.notify_all();
}

// Under mutex_: before all that has come since.
void LogQueue::put_back(std::string rest) noexcept {
  try {
    rest += waiting_;
    waiting_.swap(rest);
  } catch (const std::exception&) {
    ++dropped_;  // no memory: more than one line, and it says so at least
  }
}

void LogQueue::hand_over(std::string& lines) {
  lines.pop_back();  // the sink adds the last newline
  logger_.log(spdlog::level::critical, spdlog::string_view_t(lines));
}

bool LogQueue::say_dropped(std::uint64_t count) noexcept {
  try {
    std::string line = log_line(format_time(system_time()), LogLevel::warning, "log lines dropped",
                                {{"count", static_cast<std::int64_t>(count)}});
    line += '\n';
    hand_over(line);
    return true;
  } catch (const std::exception&) {
    return false;  // no memory: later
  }
}

}  // namespace console_policy::platform
