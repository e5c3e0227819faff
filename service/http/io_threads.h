// SPDX-License-Identifier: Apache-2.0
// IoThreads: the threads that run the sockets, all of them from one context: whichever is free
// takes what is next.
//
// Contract: what belongs together has a strand; nothing else keeps two threads off it. A thread
//           that has done all there was, for a crowd, and finds no answer owed, lets others have
//           its core once before it sleeps: clients on this machine ask again before it has to be
//           woken (ADR 0011). While answers are owed and no request is answered at once, up to half
//           of the threads stand aside, each for a millisecond whenever it has nothing to do: what
//           there is to do comes in pieces too small to wake one more thread for (ADR 0012).
// Threads:  stop() from any thread; the rest from one.
// Lifetime: outlives all that was made on its contexts, but for what those still hold.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace console_policy::http {

class IoThreads final {
 private:
  struct PayOff {
    void operator()(IoThreads* threads) const noexcept { --threads->owed_; }
  };

 public:
  using OnFault = std::function<void(const std::exception&)>;

  explicit IoThreads(std::size_t count);
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;
  ~IoThreads();

  boost::asio::io_context& context() { return context_; }

  // As long as it is held, another thread owes an answer. Made, and ended, on any thread.
  using Owed = std::unique_ptr<IoThreads, PayOff>;  // null: none
  Owed owe() noexcept {
    ++owed_;
    return Owed{this};
  }

  // A request was answered by the thread that took it: while others owe answers, too, that thread
  // has more to do than to pass those on. From any of these threads.
  void answered_at_once() noexcept {
    if (owed_ != 0) at_once_ = now();
  }

  // `on_fault` is told what a handler let through; its thread goes on.
  void start(OnFault on_fault);
  void stop();  // what is queued is not run any more; joins

 private:
  using Clock = std::chrono::steady_clock;
  using Work = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  static Clock::rep now() noexcept { return Clock::now().time_since_epoch().count(); }
  void run() noexcept;
  bool stood_aside();

  const std::size_t count_;
  std::atomic<std::size_t> owed_{0};
  std::atomic<std::size_t> aside_{0};   // threads
  std::atomic<Clock::rep> at_once_{0};  // when, while others owed answers
  boost::asio::io_context context_;
  std::optional<Work> work_;
  OnFault on_fault_;
  std::vector<std::thread> threads_;
};

}  // namespace console_policy::http
