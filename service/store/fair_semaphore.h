// SPDX-License-Identifier: Apache-2.0
// FairSemaphore: a number of permits, handed out in the order in which threads asked.
//
// Contract: who waits longest gets the next permit; nobody overtakes. A thread that gives up at its
//           deadline leaves the queue and takes nothing.
// Threads:  safe for concurrent use. The queue is as long as the number of waiting threads.
// Lifetime: outlives every Permit that it has given.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>

namespace console_policy::store {

using Deadline = std::chrono::steady_clock::time_point;

class FairSemaphore final {
 public:
  // One permit; given back when it is destroyed.
  class Permit final {
   public:
    explicit Permit(FairSemaphore& semaphore) : semaphore_(&semaphore) {}
    Permit(Permit&& other) noexcept : semaphore_(other.semaphore_) { other.semaphore_ = nullptr; }
    Permit(const Permit&) = delete;
    Permit& operator=(const Permit&) = delete;
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (semaphore_ != nullptr) semaphore_->release();
    }

   private:
    FairSemaphore* semaphore_;
  };

  explicit FairSemaphore(std::size_t permits) : free_(permits) {}

  // Nothing when no permit came free until `deadline`.
  std::optional<Permit> acquire(Deadline deadline);

  // How many threads stand in the queue now.
  std::size_t waiting() const;

 private:
  struct Waiter {
    std::condition_variable signal;
    bool granted{false};
  };

  void release() noexcept;

  mutable std::mutex mutex_;
  std::size_t free_;            // under mutex_; more than 0 only while nobody waits
  std::list<Waiter*> waiters_;  // under mutex_; first come, first served
};

}  // namespace console_policy::store
