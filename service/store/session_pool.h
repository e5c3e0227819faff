// SPDX-License-Identifier: Apache-2.0
// SessionPool: a fixed number of sessions, lent one at a time, first come, first served.
//
// Contract: a session that comes back after an exception, or still in a transaction, is closed; the
//           next who gets its place opens a new one. So nobody inherits another's trouble.
// Errors:   lets soci::soci_error through when a session cannot be opened.
// Threads:  safe for concurrent use.
// Lifetime: outlives every Lease.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "service/store/fair_semaphore.h"
#include "service/store/session.h"

namespace console_policy::store {

class SessionPool final {
 public:
  class Lease final {
   public:
    Lease(SessionPool& pool, FairSemaphore::Permit permit, std::unique_ptr<Session> session);
    Lease(Lease&& other) noexcept = default;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    Session& session() { return *session_; }
    // Its session is closed at the end, as after an exception: for who has caught that himself.
    void close() { closes_ = true; }

   private:
    FairSemaphore::Permit permit_;  // before session_: given back after the session is
    SessionPool* pool_;
    std::unique_ptr<Session> session_;
    int exceptions_at_start_;
    bool closes_{false};
  };

  // Opens all sessions, each with its page cache; gives up on another program's lock at `deadline`.
  SessionPool(std::string path, std::size_t sessions, std::size_t cache_kib, Deadline deadline);

  // A session whose statements wait for locks until `deadline`; nothing when none came free.
  std::optional<Lease> lease(Deadline deadline);

 private:
  void take_back(std::unique_ptr<Session> session);

  std::string path_;
  std::size_t cache_kib_;
  FairSemaphore permits_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Session>> idle_;  // under mutex_; at most as many as permits
};

}  // namespace console_policy::store
