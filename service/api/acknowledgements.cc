// SPDX-License-Identifier: Apache-2.0
#include "service/api/acknowledgements.h"

#include <utility>

namespace console_policy::api {

Acknowledgements::Acknowledgements(std::function<void()> between)
    : between_(std::move(between)), thread_([this] { run(); }) {}

Acknowledgements::~Acknowledgements() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  come_.notify_one();
  thread_.join();
}

void Acknowledgements::expect() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++expected_;
}

void Acknowledgements::withdraw() {
  const std::lock_guard<std::mutex> lock(mutex_);
  --expected_;
}

void Acknowledgements::add(Steps steps) {
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    steps_.push_back(std::move(steps));
    wake = std::exchange(sleeping_, false);
  }
  if (wake) come_.notify_one();
}

void Acknowledgements::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    while (steps_.empty()) {
      if (ending_ && expected_ == 0) return;
      sleeping_ = true;
      come_.wait(lock);
    }
    sleeping_ = false;
    std::vector<Steps> all;
    all.swap(steps_);
    lock.unlock();
    for (const Steps& each : all) each.prepare();
    between_();
    for (const Steps& each : all) each.answer();
    const std::size_t answered = all.size();
    all.clear();
    lock.lock();
    expected_ -= answered;
  }
}

}  // namespace console_policy::api
