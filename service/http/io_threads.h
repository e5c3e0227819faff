// SPDX-License-Identifier: Apache-2.0
// IoThreads: the threads that run the sockets, each with a context of its own.
//
// Contract: what belongs to one context is only ever run by its one thread, so its executor is a
//           strand, and costs nothing. next() deals out the contexts in turn.
// Threads:  next() and stop() from any thread; the rest from one.
// Lifetime: outlives all that was made on its contexts, but for what those still hold.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace console_policy::http {

class IoThreads final {
 public:
  using OnFault = std::function<void(const std::exception&)>;

  explicit IoThreads(std::size_t count);
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;
  ~IoThreads();

  boost::asio::io_context& first() { return contexts_.front()->context; }
  boost::asio::io_context& next();

  // `on_fault` is told what a handler let through; its thread goes on.
  void start(OnFault on_fault);
  void stop();  // what is queued is not run any more; joins

 private:
  struct Context {
    boost::asio::io_context context{1};  // run by one thread
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
        context.get_executor()};
  };

  void run(boost::asio::io_context& context) noexcept;

  std::vector<std::unique_ptr<Context>> contexts_;
  std::atomic<std::size_t> turn_{0};
  OnFault on_fault_;
  std::vector<std::thread> threads_;
};

}  // namespace console_policy::http
