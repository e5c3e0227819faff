// SPDX-License-Identifier: Apache-2.0
#include "service/store/write_queue.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace console_policy::store {

using std::chrono::steady_clock;

namespace {

// Of what a group took, so long are those waited for who are likely to come back.
constexpr int pause_divisor = 16;
constexpr std::size_t nobody_wakes = std::numeric_limits<std::size_t>::max();

}  // namespace

WriteQueue::WriteQueue(Lead lead, Error late)
    : lead_(std::move(lead)), late_(std::move(late)), thread_([this] { run(); }) {}

WriteQueue::~WriteQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  come_.notify_one();
  thread_.join();
}

bool WriteQueue::add(const std::shared_ptr<Write>& write) {
  WriteGroup late;
  bool wake = false;
  bool taken = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    late = take_late();
    taken = waiting_.size() < max_waiting;
    if (taken) waiting_.push_back(write);
    wake = waiting_.size() >= wanted_;
    if (wake) wanted_ = nobody_wakes;
  }
  if (wake) come_.notify_one();
  for (const std::shared_ptr<Write>& each : late) each->done(late_);
  return taken;
}

bool WriteQueue::take_out(const std::shared_ptr<Write>& write) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto place = std::find(waiting_.begin(), waiting_.end(), write);
  if (place == waiting_.end()) return false;
  waiting_.erase(place);
  return true;
}

std::size_t WriteQueue::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.size();
}

void WriteQueue::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    wanted_ = 1;
    come_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    pause(lock);
    wanted_ = nobody_wakes;
    const WriteGroup group = take_group();
    lock.unlock();
    const steady_clock::time_point began = steady_clock::now();
    lead_(group);
    const steady_clock::duration took = steady_clock::now() - began;
    lock.lock();
    expected_ = std::min(group.size() + waiting_.size(), max_group);
    took_ = took;
    lock.unlock();
    for (const std::shared_ptr<Write>& each : group) each->done(*std::move(each->result));
    lock.lock();
  }
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
  WriteGroup late;
  const steady_clock::time_point now = steady_clock::now();
  while (!waiting_.empty() && waiting_.front()->deadline < now) {
    late.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return late;
}

}  // namespace console_policy::store
