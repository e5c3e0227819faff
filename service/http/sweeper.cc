// SPDX-License-Identifier: Apache-2.0
#include "service/http/sweeper.h"

#include <utility>

namespace console_policy::http {

void Sweeper::start(std::chrono::milliseconds interval, std::function<void()> sweep,
                    OnFault on_fault) {
  thread_ = std::thread{[this, interval, sweep = std::move(sweep), on_fault = std::move(on_fault)] {
    while (!stopped_within(interval)) {
      try {
        sweep();
      } catch (const std::exception& fault) {
        on_fault(fault);
      }
    }
  }};
}

void Sweeper::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stop_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool Sweeper::stopped_within(std::chrono::milliseconds time) {
  std::unique_lock lock{mutex_};
  return stop_.wait_for(lock, time, [this] { return stopped_; });
}

}  // namespace console_policy::http
