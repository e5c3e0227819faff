// SPDX-License-Identifier: Apache-2.0
// BatchingSink: a spdlog sink that queues lines and writes them every `interval` on its own thread.
//
// Contract: log() only appends to the queue. The thread writes the whole queue at once, in order.
//           flush() waits until the system has all earlier lines; it returns earlier if the output
//           has accepted nothing for `patience`, and the lines stay queued. The destructor writes
//           what is queued, and gives up under the same condition.
//           Lines beyond the bounds, and lines that the system refuses (full disk), are dropped;
//           a warning "log lines dropped" with their number follows.
//           use() replaces the file for the next write; it does not wait.
// Bounds:   max_bytes for queued lines; max_bytes_with_reserve for warnings, errors and lines of
//           the logger `audit_logger`.
// Threads:  safe for concurrent use.
// Why not spdlog's own: async_logger wakes its thread for each line (p99 3.65 times that of no log)
//           and drops audit lines like any other; its file sinks block on a full pipe for ever.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "service/platform/log_file.h"

namespace console_policy::platform {

class BatchingSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  static constexpr const char* audit_logger = "audit";
  static constexpr std::chrono::milliseconds interval{5};
  static constexpr std::chrono::seconds patience{5};
  static constexpr std::size_t max_bytes = 4UL * 1024 * 1024;
  static constexpr std::size_t max_bytes_with_reserve = 2 * max_bytes;

  explicit BatchingSink(std::unique_ptr<LogFile> file);
  BatchingSink(const BatchingSink&) = delete;
  BatchingSink& operator=(const BatchingSink&) = delete;
  ~BatchingSink() override;

  void use(std::unique_ptr<LogFile> next);

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  // Both run under mutex_, which base_sink locks.
  void sink_it_(const spdlog::details::log_msg& line) override;
  void flush_() override;

  void append(const spdlog::details::log_msg& line);
  std::uint64_t append_note_of_dropped();
  void run();
  bool write_batch(Lock& lock);

  // Only writer_ uses these.
  std::unique_ptr<LogFile> file_;
  spdlog::memory_buf_t batch_;
  // mutex_ guards what follows.
  std::unique_ptr<LogFile> next_file_;
  std::condition_variable changed_;  // notifies writer_
  std::condition_variable written_changed_;
  spdlog::memory_buf_t queued_;
  std::uint64_t added_{0};    // bytes since the start
  std::uint64_t written_{0};  // of them; the difference is queued or being written
  std::uint64_t dropped_{0};  // lines that no warning has reported yet
  int flushes_{0};            // threads that wait in flush()
  bool ending_{false};
  Clock::time_point blocked_since_{Clock::time_point::max()};  // max: not writing
  std::thread writer_;                                         // last: it uses all the others
};

}  // namespace console_policy::platform
