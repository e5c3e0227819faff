// SPDX-License-Identifier: Apache-2.0
// WriteQueue: writers that come while another one commits go together, so that they share its sync
// of the disk.
//
// Contract: run() returns when its write has been dealt with, with what that came to. Who finds
//           nobody at work leads: takes all that wait, in the order in which they came, and hands
//           them to `lead`, which gives each its own result. Nobody overtakes. A write that is
//           still waiting at its deadline is taken out and answered as busy; one that was taken
//           waits for its result.
// Bounds:   a group has at most max_group writes and max_changes changes (one write may have more).
// Threads:  safe for concurrent use; `lead` runs on the thread of one of the writers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <vector>

#include "policies/result.h"
#include "service/store/fair_semaphore.h"

namespace console_policy::store {

// `Write` has what `lead` needs to know; it must have `long long changes`.
template <class Write>
class WriteQueue final {
 public:
  static constexpr std::size_t max_group = 64;
  static constexpr long long max_changes = 1000;

  struct Entry {
    Write write;
    std::optional<Status> result{};  // given by `lead`

    explicit Entry(Write its_write) : write(std::move(its_write)) {}

   private:
    friend class WriteQueue;
    std::condition_variable changed;
    bool taken{false};
    bool done{false};
  };
  using Group = std::vector<Entry*>;
  // Gives every entry its result. Must not throw.
  using Lead = std::function<void(const Group& group)>;

  // Nothing when the write was not begun until the deadline.
  std::optional<Status> run(Entry& entry, Deadline deadline, const Lead& lead) {
    std::unique_lock<std::mutex> lock(mutex_);
    waiting_.push_back(&entry);
    const auto mine = [&] { return entry.done || leads_next(entry); };
    while (!mine()) {
      const bool late = entry.changed.wait_until(lock, deadline) == std::cv_status::timeout;
      if (!late || mine()) continue;
      if (!entry.taken) {
        waiting_.remove(&entry);
        wake_next();
        return std::nullopt;
      }
      entry.changed.wait(lock, [&] { return entry.done; });
    }
    if (entry.done) return std::move(entry.result);
    const Group group = take_group();
    leading_ = true;
    lock.unlock();
    lead(group);
    lock.lock();
    leading_ = false;
    for (Entry* each : group) {
      each->done = true;
      // Under the lock: the entry is on a stack that may be gone right after.
      if (each != &entry) each->changed.notify_one();
    }
    wake_next();
    return std::move(entry.result);
  }

 private:
  bool leads_next(const Entry& entry) const {
    return !leading_ && !waiting_.empty() && waiting_.front() == &entry;
  }
  void wake_next() {
    if (!leading_ && !waiting_.empty()) waiting_.front()->changed.notify_one();
  }
  Group take_group() {
    Group group;
    long long changes = 0;
    while (!waiting_.empty() && group.size() < max_group) {
      Entry* next = waiting_.front();
      changes += next->write.changes;
      if (!group.empty() && changes > max_changes) break;
      next->taken = true;
      group.push_back(next);
      waiting_.pop_front();
    }
    return group;
  }

  std::mutex mutex_;  // guards what follows, and the entries' private parts
  std::list<Entry*> waiting_;
  bool leading_{false};
};

}  // namespace console_policy::store
