// SPDX-License-Identifier: Apache-2.0
#include "service/http/io_threads.h"

#include <algorithm>
#include <utility>

namespace console_policy::http {

IoThreads::IoThreads(std::size_t count) {
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    contexts_.push_back(std::make_unique<Context>());
  }
}

IoThreads::~IoThreads() {
  stop();
  // The listeners are on the first one, and may hold a socket that is to be another's.
  for (auto& each : contexts_) each.reset();
}

boost::asio::io_context& IoThreads::next() {
  return contexts_[turn_.fetch_add(1, std::memory_order_relaxed) % contexts_.size()]->context;
}

void IoThreads::start(OnFault on_fault) {
  on_fault_ = std::move(on_fault);
  for (const auto& each : contexts_) {
    threads_.emplace_back([this, &context = each->context] { run(context); });
  }
}

void IoThreads::stop() {
  for (const auto& each : contexts_) {
    each->work.reset();
    each->context.stop();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

// Connections catch their own exceptions; what still comes here (no memory to queue an operation)
// costs that operation, never the thread.
void IoThreads::run(boost::asio::io_context& context) noexcept {
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& fault) {
      on_fault_(fault);
    }
  }
}

}  // namespace console_policy::http
