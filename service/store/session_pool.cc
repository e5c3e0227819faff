// SPDX-License-Identifier: Apache-2.0
#include "service/store/session_pool.h"

#include <exception>
#include <utility>

namespace console_policy::store {

SessionPool::Lease::Lease(SessionPool& pool, FairSemaphore::Permit permit,
                          std::unique_ptr<Session> session)
    : permit_(std::move(permit)),
      pool_(&pool),
      session_(std::move(session)),
      exceptions_at_start_(std::uncaught_exceptions()) {}

SessionPool::Lease::~Lease() {
  if (session_ == nullptr) return;
  // A statement that failed half way may hold the session in the past.
  const bool failed = closes_ || std::uncaught_exceptions() > exceptions_at_start_;
  if (!failed && !session_->in_transaction()) pool_->take_back(std::move(session_));
}

SessionPool::SessionPool(std::string path, std::size_t sessions, std::size_t cache_kib,
                         Deadline deadline)
    : path_(std::move(path)), cache_kib_(cache_kib), permits_(sessions) {
  idle_.reserve(sessions);
  for (std::size_t i = 0; i < sessions; ++i) {
    idle_.push_back(std::make_unique<Session>(path_, deadline, cache_kib_));
  }
}

std::optional<SessionPool::Lease> SessionPool::lease(Deadline deadline) {
  std::optional<FairSemaphore::Permit> permit = permits_.acquire(deadline);
  if (!permit) return std::nullopt;
  std::unique_ptr<Session> session;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!idle_.empty()) {
      session = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (session == nullptr) {
    session = std::make_unique<Session>(path_, deadline, cache_kib_);
  } else {
    session->wait_for_locks_until(deadline);
  }
  return std::optional<Lease>(std::in_place, *this, std::move(*permit), std::move(session));
}

void SessionPool::take_back(std::unique_ptr<Session> session) {
  const std::lock_guard<std::mutex> lock(mutex_);
  idle_.push_back(std::move(session));
}

}  // namespace console_policy::store
