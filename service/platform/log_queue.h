// SPDX-License-Identifier: Apache-2.0
// LogQueue: lines that wait to be written, and the thread that writes them.
//
// Contract: what add() takes is written in its order, within about `linger`, many lines in one
//           write. It never waits: while as many bytes wait as may, lines are dropped, and a
//           warning says how many as soon as there is room.
//           flush() returns when all is with the system; or, when the output has taken nothing for
//           `patience`, with all of it still waiting. The destructor gives up then, too.
//           go_on_in() lets go of the old file: what is written after it is in the new one.
// Bounds:   max_queued_bytes of usual lines; twice that with those that are kept.
// Threads:  safe for concurrent use.
#pragma once

#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "service/platform/log_file.h"

namespace console_policy::platform {

class LogQueue final {
 public:
  static constexpr std::chrono::milliseconds linger{5};
  static constexpr std::chrono::seconds patience{5};
  static constexpr std::size_t max_queued_bytes = 4UL * 1024 * 1024;
  static constexpr std::size_t max_kept_bytes = 2 * max_queued_bytes;
  static constexpr std::size_t max_spare_bytes =
      max_queued_bytes / 8;  // room kept for lines to come

  explicit LogQueue(LogFile file);
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;
  ~LogQueue();

  enum class Line { usual, kept };
  void add(const std::string& line, Line kind);
  void flush();
  void go_on_in(LogFile next);

 private:
  using Clock = std::chrono::steady_clock;

  // Used by one thread at a time: the one that writes.
  class Sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
   public:
    explicit Sink(LogFile file) : file_(std::move(file)) {}
    void go_on_in(LogFile file) { file_ = std::move(file); }

    Clock::time_point until{};  // how long what comes next may take
    std::string rest{};         // what the file did not take by then

   private:
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}

    LogFile file_;
  };

  using Lock = std::unique_lock<std::mutex>;
  void take_next();
  void run();
  void write_out(Lock& lock, Clock::time_point until);
  void put_back(std::string rest) noexcept;
  void hand_over(std::string& lines);
  bool say_dropped(std::uint64_t count) noexcept;

  const std::shared_ptr<Sink> sink_;
  spdlog::logger logger_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::condition_variable written_changed_;
  std::string waiting_;
  std::size_t in_hand_{0};  // bytes of those that are being written
  std::string spare_;       // empty, with room
  std::uint64_t added_{0};
  std::uint64_t written_{0};
  std::uint64_t dropped_{0};
  bool writing_{false};
  bool ending_{false};
  bool idle_{false};                            // the writer waits for a first line
  std::optional<Clock::time_point> stopped_{};  // since then the output takes nothing
  std::optional<LogFile> next_{};               // in its place once nobody writes
  std::thread writer_;                          // the last: it uses all the others
};

}  // namespace console_policy::platform
