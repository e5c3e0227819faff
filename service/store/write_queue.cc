// SPDX-License-Identifier: Apache-2.0
#include "service/store/write_queue.h"

#include <sys/prctl.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <limits>
#include <utility>

namespace console_policy::store {

using std::chrono::steady_clock;

namespace {

// Of what a group took, so long are those waited for who are likely to come back.
constexpr int pause_divisor = 16;
constexpr unsigned long exactly = 1;  // ns
constexpr std::size_t nobody_wakes = std::numeric_limits<std::size_t>::max();

void tell(const Write& write, Status result) noexcept {
  try {
    write.done(std::move(result));
  } catch (const std::exception&) {
    // No memory: the contract says who hears of it.
  }
}

}  // namespace

WriteQueue::WriteQueue(Lead lead, Error late)
    : lead_(std::move(lead)),
      late_(std::move(late)),
      watching_([this] { watch(); }),
      thread_([this] { run(); }) {}

WriteQueue::~WriteQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  come_.notify_one();
  thread_.join();
  earlier_.notify_one();
  watching_.join();
}

bool WriteQueue::add(const std::shared_ptr<Write>& write) {
  bool wake = false;
  bool is_earlier = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (waiting_.size() >= max_waiting) return false;
    waiting_.push_back(write);
    wake = waiting_.size() >= wanted_;
    if (wake) wanted_ = nobody_wakes;
    is_earlier = write->deadline < watched_;
    if (is_earlier) watched_ = write->deadline;
  }
  if (wake) come_.notify_one();
  if (is_earlier) earlier_.notify_one();
  return true;
}

std::size_t WriteQueue::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.size();
}

void WriteQueue::run() {
  // Linux lets a thread sleep 50 us longer than it asked for, as long again as most pauses are. If
  // it does not let us ask for less, groups only wait longer.
  ::prctl(PR_SET_TIMERSLACK, exactly);
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wanted_ = 1;
    come_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    pause(lock);
    wanted_ = nobody_wakes;
    WriteGroup group = take_group();
    lock.unlock();
    const steady_clock::time_point began = steady_clock::now();
    lead_(group);
    const steady_clock::duration took = steady_clock::now() - began;
    lock.lock();
    expected_ = std::min(group.size() + waiting_.size(), max_group);
    took_ = took;
    lock.unlock();
    for (const std::shared_ptr<Write>& each : group) tell(*each, *std::move(each->result));
    group.clear();  // and all that they hold, not under the lock
    lock.lock();
  }
}

// Has the deadline of one that waited a while ago, and looks again then: as long as writes come at
// all, it wakes about once in the time that a write may wait, however many come.
void WriteQueue::watch() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!ending_) {
    WriteGroup late = take_late();
    if (!late.empty()) {
      lock.unlock();
      for (const std::shared_ptr<Write>& each : late) tell(*each, late_);
      late.clear();
      lock.lock();
      continue;
    }
    watched_ = earliest();
    if (watched_ == Deadline::max()) {
      earlier_.wait(lock);
    } else {
      earlier_.wait_until(lock, watched_);
    }
  }
}

Deadline WriteQueue::earliest() const {
  Deadline earliest = Deadline::max();
  for (const std::shared_ptr<Write>& each : waiting_) earliest = std::min(earliest, each->deadline);
  return earliest;
}

void WriteQueue::pause(std::unique_lock<std::mutex>& lock) {
  if (waiting_.size() >= expected_) return;
  const auto longest = std::min<steady_clock::duration>(took_ / pause_divisor, longest_pause);
  wanted_ = expected_;
  come_.wait_for(lock, longest, [this] { return ending_ || waiting_.size() >= expected_; });
}

WriteGroup WriteQueue::take_group() {
  WriteGroup group;
  long long changes = 0;
  while (!waiting_.empty() && group.size() < max_group) {
    changes += waiting_.front()->changes;
    if (!group.empty() && changes > max_changes) break;
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

WriteGroup WriteQueue::take_late() {
  const steady_clock::time_point now = steady_clock::now();
  const auto in_time = [now](const std::shared_ptr<Write>& each) { return each->deadline > now; };
  const auto first_late = std::stable_partition(waiting_.begin(), waiting_.end(), in_time);
  WriteGroup late(std::make_move_iterator(first_late), std::make_move_iterator(waiting_.end()));
  waiting_.erase(first_late, waiting_.end());
  return late;
}

}  // namespace console_policy::store
