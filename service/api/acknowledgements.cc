// SPDX-License-Identifier: Apache-2.0
#include "service/api/acknowledgements.h"

#include <utility>

namespace console_policy::api {

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
  bool wake = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    written_.push_back(std::move(written));
    wake = std::exchange(sleeping_, false);
  }
  if (wake) come_.notify_one();
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
    all.swap(written_);
    lock.unlock();
    for (const std::shared_ptr<Written>& each : all) each->prepare();
    between_();
    for (const std::shared_ptr<Written>& each : all) each->answer();
    all.clear();
    lock.lock();
  }
}

}  // namespace console_policy::api
