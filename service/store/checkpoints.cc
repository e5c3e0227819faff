// SPDX-License-Identifier: Apache-2.0
#include "service/store/checkpoints.h"

#include <utility>

#include "service/store/database_error.h"

namespace console_policy::store {

Checkpoints::Checkpoints(std::string path, CheckpointsTold told)
    : path_(std::move(path)), told_(std::move(told)), thread_([this] { run(); }) {}

Checkpoints::~Checkpoints() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Checkpoints::after_commit(Session& session, std::uint32_t pages_in_log) {
  if (pages_in_log < log_pages) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (state_ == State::aside) return;
    if (state_ == State::idle) {
      state_ = State::aside;
      changed_.notify_one();
      return;
    }
    state_ = State::idle;
  }
  note(without_exceptions(path_, [&session]() -> Status {
    session.checkpoint();
    return Success{};
  }));
}

void Checkpoints::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || state_ == State::aside; });
    if (ending_) return;
    lock.unlock();
    const bool moved = move_log();
    lock.lock();
    state_ = moved ? State::rest_is_left : State::idle;
  }
}

bool Checkpoints::move_log() {
  const Status moved = without_exceptions(path_, [this]() -> Status {
    if (session_ == nullptr) {
      session_ = std::make_unique<Session>(path_, std::chrono::steady_clock::now() + lock_wait);
    }
    session_->checkpoint();
    return Success{};
  });
  note(moved);
  if (!moved.ok()) session_.reset();
  return moved.ok();
}

void Checkpoints::note(const Status& moved) {
  if (!moved.ok()) ++failed_;
  const std::lock_guard<std::mutex> lock(telling_);
  if (moved.ok() == !failing_) return;
  failing_ = !moved.ok();
  if (told_) told_(moved);
}

}  // namespace console_policy::store
