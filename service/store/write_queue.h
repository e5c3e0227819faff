// SPDX-License-Identifier: Apache-2.0
// WriteQueue: writes that come while others are committed go together, so that they share a sync of
// the disk.
//
// Contract: one thread of the queue's own takes all that wait, in the order in which they came,
//           hands them to `lead`, which gives each its result, and then calls their `done`.
//           Nobody overtakes. As long as there were more clients a moment ago than wait now, it
//           gives them a moment to come back: at most a sixteenth of what the last group took, so
//           that a disk that is quick is not waited for. A write that still waits at its deadline
//           is taken out by another thread and told that it is late, also while the disk hangs. One
//           that is with `lead` waits for its result: nobody knows yet what that is.
// Bounds:   a group has at most max_group writes and max_changes changes (one write may have more);
//           max_waiting writes wait.
// Threads:  safe for concurrent use. `done` is called on one of the queue's threads, which it must
//           not hold up. One that throws has no memory left: whoever waits hears of it when what
//           `done` holds is destroyed.
// Lifetime: the destructor deals with all that wait, then joins.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "policies/result.h"
#include "service/store/fair_semaphore.h"
#include "service/store/store.h"

namespace console_policy::store {

class WriteStatements;

// What a write does between BEGIN and COMMIT; `revision` is the first of its new ones. An error
// says that it has written nothing. May be done twice, the first time in vain; only the last
// counts.
using Work = std::function<Status(WriteStatements& statements, Revision revision)>;

using WriteDone = std::function<void(Status result)>;

struct Write {
  Author author;
  long long changes{0};
  Work work;
  WriteDone done;
  Deadline deadline{};
  std::optional<Status> result{};  // given by `lead`
};
using WriteGroup = std::vector<std::shared_ptr<Write>>;

class WriteQueue final {
 public:
  static constexpr std::size_t max_group = 64;
  static constexpr long long max_changes = 1000;
  static constexpr std::size_t max_waiting = 1024;
  static constexpr std::chrono::milliseconds longest_pause{1};

  // `lead` gives every write of a group its result; `late` is that of one that was not begun. Must
  // not throw.
  using Lead = std::function<void(const WriteGroup& group)>;
  WriteQueue(Lead lead, Error late);
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;
  ~WriteQueue();

  // False when max_waiting wait: it was not taken, and `done` is not called.
  [[nodiscard]] bool add(const std::shared_ptr<Write>& write);

  std::size_t waiting() const;

 private:
  void run();
  void watch();
  void pause(std::unique_lock<std::mutex>& lock);
  WriteGroup take_group();
  WriteGroup take_late();
  Deadline earliest() const;

  const Lead lead_;
  const Error late_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable come_;
  std::deque<std::shared_ptr<Write>> waiting_;
  std::size_t wanted_{1};    // so many must wait for the thread to be woken
  std::size_t expected_{1};  // how many there were, at work and waiting, a moment ago
  std::chrono::steady_clock::duration took_{};  // the last group
  bool ending_{false};
  std::condition_variable earlier_;
  Deadline watched_{Deadline::max()};  // the watching thread sleeps until then
  std::thread watching_;
  std::thread thread_;  // the last two: they use all the others
};

}  // namespace console_policy::store
