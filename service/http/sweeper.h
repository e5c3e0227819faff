// SPDX-License-Identifier: Apache-2.0
// Sweeper: calls something at an interval, on a thread of its own.
//
// Contract: what it calls may throw, and is called again all the same: there is nothing to be
//           allocated, or queued, between one call and the next. `on_fault` is told.
// Errors:   start() throws std::system_error when there is no thread to be had.
// Threads:  start() once, stop() as often as one likes, from one thread at a time.
// Lifetime: stop(), or its end, waits for a call that is under way.
#pragma once

#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace console_policy::http {

class Sweeper final {
 public:
  using OnFault = std::function<void(const std::exception&)>;

  Sweeper() = default;
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;
  ~Sweeper() { stop(); }

  void start(std::chrono::milliseconds interval, std::function<void()> sweep, OnFault on_fault);
  void stop();

 private:
  bool stopped_within(std::chrono::milliseconds time);

  std::mutex mutex_;  // guards stopped_
  std::condition_variable stop_;
  bool stopped_{false};
  std::thread thread_;
};

}  // namespace console_policy::http
