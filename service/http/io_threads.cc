// SPDX-License-Identifier: Apache-2.0
#include "service/http/io_threads.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace console_policy::http {
namespace {

// After the one that its arrival woke: its answer has been written; the next one may come.
constexpr std::size_t handlers_of_a_request = 2;
constexpr std::chrono::milliseconds time_aside{1};
constexpr std::chrono::milliseconds time_busy{10};  // after a request that was answered at once

}  // namespace

IoThreads::IoThreads(std::size_t count)
    : count_{std::max<std::size_t>(count, 1)},
      context_{static_cast<int>(count_)},
      work_{context_.get_executor()} {}

IoThreads::~IoThreads() {
  stop();
}

void IoThreads::start(OnFault on_fault) {
  on_fault_ = std::move(on_fault);
  for (std::size_t i = 0; i < count_; ++i) {
    threads_.emplace_back([this] { run(); });
  }
}

void IoThreads::stop() {
  work_.reset();
  context_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

// Connections catch their own exceptions; what still comes here (no memory to queue an operation)
// costs that operation and not the thread. Where Asio posts a strand again in a destructor, even
// that ends the program.
void IoThreads::run() noexcept {
  for (;;) {
    try {
      while (!context_.stopped()) {
        // To sleep and be woken costs more than to let those who were answered ask again. While
        // answers are owed, who would take the core keeps it (ADR 0011).
        const bool crowd = context_.poll() > handlers_of_a_request;
        if (owed_ != 0 && stood_aside()) continue;
        if (owed_ == 0 && crowd) std::this_thread::yield();
        context_.run_one();
      }
      return;
    } catch (const std::exception& fault) {
      on_fault_(fault);
    }
  }
}

bool IoThreads::stood_aside() {
  if (now() - at_once_ < Clock::duration{time_busy}.count()) return false;
  const bool may = ++aside_ <= count_ / 2;
  if (may) std::this_thread::sleep_for(time_aside);
  --aside_;
  return may;
}

}  // namespace console_policy::http
