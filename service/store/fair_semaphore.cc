// SPDX-License-Identifier: Apache-2.0
#include "service/store/fair_semaphore.h"

namespace console_policy::store {

std::optional<FairSemaphore::Permit> FairSemaphore::acquire(Deadline deadline) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (free_ > 0) {
    --free_;
    return std::optional<Permit>(std::in_place, *this);
  }
  Waiter self;
  const auto place = waiters_.insert(waiters_.end(), &self);
  if (!self.signal.wait_until(lock, deadline, [&self] { return self.granted; })) {
    waiters_.erase(place);
    return std::nullopt;
  }
  return std::optional<Permit>(std::in_place, *this);
}

std::size_t FairSemaphore::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiters_.size();
}

void FairSemaphore::release() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (waiters_.empty()) {
    ++free_;
    return;
  }
  // The permit goes straight to the first in the queue: a thread that asks just now cannot take it.
  // Signalled under the lock, because the waiter lives on a stack that may be gone right after.
  Waiter* first = waiters_.front();
  waiters_.pop_front();
  first->granted = true;
  first->signal.notify_one();
}

}  // namespace console_policy::store
