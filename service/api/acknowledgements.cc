// SPDX-License-Identifier: Apache-2.0
#include "service/api/acknowledgements.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace console_policy::api {
namespace {

// So many that have been prepared wait for no more: about as many as one commit has.
constexpr std::size_t max_together = 64;

}  // namespace

Acknowledgements::Acknowledgements(std::function<void()> between)
    : between_(std::move(between)), thread_([this] { run(); }) {}

Acknowledgements::Expected::Expected(Acknowledgements& acknowledgements)
    : acknowledgements_(acknowledgements) {
  const std::lock_guard<std::mutex> lock(acknowledgements_.mutex_);
  ++acknowledgements_.expected_;
}

Acknowledgements::Expected::~Expected() {
  const std::lock_guard<std::mutex> lock(acknowledgements_.mutex_);
  // Under the lock: all may be gone right after.
  if (--acknowledgements_.expected_ == 0) acknowledgements_.none_.notify_all();
}

Acknowledgements::~Acknowledgements() {
  finish();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  come_.notify_one();
  thread_.join();
}

void Acknowledgements::finish() {
  std::unique_lock<std::mutex> lock(mutex_);
  none_.wait(lock, [this] { return expected_ == 0; });
}

void Acknowledgements::add(std::shared_ptr<Written> written) {
  const std::lock_guard<std::mutex> lock(mutex_);
  written_.push_back(std::move(written));
  // Under the lock: once the last is answered, all may be gone.
  if (std::exchange(sleeping_, false)) come_.notify_one();
}

void Acknowledgements::run() {
  std::vector<std::shared_ptr<Written>> all;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    while (written_.empty()) {
      if (ending_) return;
      sleeping_ = true;
      come_.wait(lock);
    }
    sleeping_ = false;
    // The first of a group wakes us while the others are still being told: they come along.
    while (!written_.empty() && all.size() < max_together) {
      const std::size_t prepared = all.size();
      std::move(written_.begin(), written_.end(), std::back_inserter(all));
      written_.clear();
      lock.unlock();
      for (std::size_t i = prepared; i < all.size(); ++i) all[i]->prepare();
      lock.lock();
    }
    lock.unlock();
    between_();
    for (const std::shared_ptr<Written>& each : all) each->answer();
    all.clear();
    lock.lock();
  }
}

}  // namespace console_policy::api
