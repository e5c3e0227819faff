// SPDX-License-Identifier: Apache-2.0
#include "service/platform/log.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "service/platform/clock.h"
#include "service/platform/log_file.h"
#include "service/platform/time_text.h"

namespace console_policy::platform {

// What waits to be written, and the thread that writes it.
class Log::Queue final {
 public:
  // To standard error when there is no file.
  Queue(std::optional<LogFile> file, LogLevel least)
      : least_(least),
        file_(file.has_value() ? std::make_shared<FileSink>(*std::move(file)) : nullptr),
        logger_("console-policy", file_ != nullptr
                                      ? spdlog::sink_ptr(file_)
                                      : std::make_shared<spdlog::sinks::stderr_sink_mt>()),
        writer_([this] { run(); }) {
    logger_.set_pattern("%v");
    logger_.flush_on(spdlog::level::trace);
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    writer_.join();
  }

  bool wants(LogLevel level) const { return level >= least_; }

  void add(const std::string& line) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (waiting_.size() + line.size() >= max_queued_bytes) {
      ++dropped_;
      return;
    }
    append(line);
    wake_writer(lock);
  }

  // Returns when the line is with the system.
  void add_surely(const std::string& line) {
    std::unique_lock<std::mutex> lock(mutex_);
    append(line);
    wait_written(lock);
  }

  void keep(const std::string& line) {
    std::unique_lock<std::mutex> lock(mutex_);
    append(line);
    wake_writer(lock);
  }

  void flush() {
    std::unique_lock<std::mutex> lock(mutex_);
    wait_written(lock);
  }

  // Never waits for the one that writes: it would be for as long as the disk hangs.
  void go_on_in(LogFile next) {
    const std::lock_guard<std::mutex> lock(mutex_);
    next_ = std::move(next);
    if (!writing_) take_next();
  }

 private:
  // Used by one thread at a time: the one that writes for the queue.
  class FileSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
   public:
    explicit FileSink(LogFile file) : file_(std::move(file)) {}
    void go_on_in(LogFile file) { file_ = std::move(file); }

   private:
    void sink_it_(const spdlog::details::log_msg& message) override {
      spdlog::memory_buf_t text;
      formatter_->format(message, text);
      const Status added = file_.add({text.data(), text.size()});
      if (!added.ok()) spdlog::throw_spdlog_ex("log.file: " + added.error().message);
    }
    void flush_() override {}

    LogFile file_;
  };

  // Under mutex_, when nobody writes.
  void take_next() {
    if (next_.has_value()) file_->go_on_in(*std::move(next_));
    next_.reset();
  }

  // Under mutex_.
  void append(const std::string& line) {
    waiting_ += line;
    waiting_ += '\n';
    ++added_;
  }

  // Not when it lingers over earlier lines: it will find these too.
  void wake_writer(std::unique_lock<std::mutex>& lock) {
    const bool wake = std::exchange(idle_, false);
    lock.unlock();
    if (wake) changed_.notify_one();
  }

  // Whoever needs it writes what waits, its own and the others', unless somebody does so already.
  void wait_written(std::unique_lock<std::mutex>& lock) {
    const std::uint64_t wanted = added_;
    while (written_ < wanted) {
      if (writing_) {
        written_changed_.wait(lock);
      } else {
        write_out(lock);
      }
    }
  }

  void run() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      while (!ending_ && waiting_.empty()) {
        idle_ = true;
        changed_.wait(lock);
      }
      idle_ = false;
      if (waiting_.empty()) return;
      // Who writes a line a moment later needs not wake us again.
      changed_.wait_for(lock, linger, [this] { return ending_; });
      if (writing_) {
        written_changed_.wait(lock);
      } else {
        write_out(lock);
      }
    }
  }

  // Under mutex_, which it gives back meanwhile.
  void write_out(std::unique_lock<std::mutex>& lock) {
    if (waiting_.empty()) return;
    writing_ = true;
    // Others go on in the room of the lines before last: it has been grown already.
    std::string taken;
    taken.swap(waiting_);
    waiting_.swap(spare_);
    const std::uint64_t count = added_;
    const std::uint64_t dropped = std::exchange(dropped_, 0);
    lock.unlock();
    hand_over(taken);
    const bool told = dropped == 0 || say_dropped(dropped);
    lock.lock();
    if (!told) dropped_ += dropped;
    taken.clear();
    if (taken.capacity() <= max_spare_bytes) spare_.swap(taken);
    written_ = count;
    writing_ = false;
    take_next();
    written_changed_.notify_all();
  }

  void hand_over(std::string& lines) {
    lines.pop_back();  // the sink adds the last newline
    logger_.log(spdlog::level::critical, spdlog::string_view_t(lines));
  }

  bool say_dropped(std::uint64_t count) noexcept {
    try {
      std::string line =
          log_line(format_time(system_time()), LogLevel::warning, "log lines dropped",
                   {{"count", static_cast<std::int64_t>(count)}});
      line += '\n';
      hand_over(line);
      return true;
    } catch (const std::exception&) {
      return false;  // no memory: later
    }
  }

  const LogLevel least_;
  const std::shared_ptr<FileSink> file_;
  spdlog::logger logger_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::condition_variable written_changed_;
  std::string waiting_;
  std::string spare_;  // empty, with room
  std::uint64_t added_{0};
  std::uint64_t written_{0};
  std::uint64_t dropped_{0};
  bool writing_{false};
  bool ending_{false};
  std::optional<LogFile> next_;  // in its place once nobody writes
  bool idle_{false};             // the writer waits for a first line
  std::thread writer_;           // the last: it uses all the others
};

Log::Log(std::optional<std::string> file, std::unique_ptr<Queue> queue)
    : file_(std::move(file)), queue_(std::move(queue)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::start(const LogOptions& options) {
  try {
    std::optional<LogFile> file;
    if (options.file.has_value()) {
      Result<LogFile> opened = LogFile::open(*options.file);
      if (!opened.ok()) return invalid_request("log.file: " + opened.error().message);
      file = std::move(opened).value();
    }
    return std::unique_ptr<Log>(
        new Log(options.file, std::make_unique<Queue>(std::move(file), options.level)));
  } catch (const std::exception& failure) {
    return invalid_request(std::string("log: ") + failure.what());
  }
}

Status Log::reopen() {
  if (!file_.has_value()) return Success{};
  Result<LogFile> file = LogFile::open(*file_);
  if (!file.ok()) return std::move(file).error();
  queue_->go_on_in(std::move(file).value());
  return Success{};
}

void Log::write(LogLevel level, std::string_view message,
                const std::vector<LogField>& fields) noexcept {
  if (level >= LogLevel::warning) return write_surely(level, message, fields);
  try {
    if (queue_->wants(level)) {
      queue_->add(log_line(format_time(system_time()), level, message, fields));
    }
  } catch (const std::exception&) {
    // Out of memory while logging: the request that is logged matters more than its line.
  }
}

void Log::write_surely(LogLevel level, std::string_view message,
                       const std::vector<LogField>& fields) noexcept {
  try {
    if (queue_->wants(level)) {
      queue_->add_surely(log_line(format_time(system_time()), level, message, fields));
    }
  } catch (const std::exception&) {
    // As above.
  }
}

void Log::keep(LogLevel level, std::string_view message,
               const std::vector<LogField>& fields) noexcept {
  try {
    if (queue_->wants(level)) {
      queue_->keep(log_line(format_time(system_time()), level, message, fields));
    }
  } catch (const std::exception&) {
    // As above.
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
