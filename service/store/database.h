// SPDX-License-Identifier: Apache-2.0
// Database: sessions, transactions, deadlines and retries.
//
// SessionPool: a bounded number of sessions, opened when they are first needed. A session through
// which an exception passed is closed, and so is one of a network database that was idle for
// max_idle: a proxy may have cut it.
//
// Contract: read() and write() retry what can succeed on a new session, with a growing random
//           pause, until Options::wait_timeout has passed. Writes of this process run one at a
//           time. When the outcome of a COMMIT is not known, the change id is looked up before a
//           retry, so nothing is applied twice.
// Errors:   values only; what the library throws ends here.
// Threads:  safe for concurrent use; a Lease belongs to one thread.
// Lifetime: a Lease must end before its pool, and the pool before its Dialect.
#pragma once

#include <soci/soci.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "policies/result.h"
#include "service/store/dialect.h"
#include "service/store/options.h"

namespace console_policy::store {

class SessionPool final {
 public:
  static constexpr std::chrono::seconds max_idle{20};

  class Lease final {
   public:
    Lease(SessionPool& pool, std::size_t position);
    Lease(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease();

    soci::session& sql() const { return pool_->pool_.at(position_); }

   private:
    SessionPool* pool_;
    std::size_t position_;
    int exceptions_;  // in flight when the lease began
  };

  SessionPool(const Dialect& dialect, std::size_t sessions);

  // Errors: unavailable: no session becomes free until the deadline. Lets soci::soci_error through
  // when a session cannot be opened.
  Result<Lease> lease(Deadline deadline);

 private:
  struct State {
    bool open{false};
    std::chrono::steady_clock::time_point used;
  };

  Status ensure_open(std::size_t position);

  const Dialect& dialect_;
  soci::connection_pool pool_;
  std::vector<State> states_;  // each used by the holder of its session
};

// Rolls back unless committed.
class Transaction final {
 public:
  // The transaction was begun on this session.
  explicit Transaction(soci::session& sql) : sql_(sql) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  void commit();

 private:
  soci::session& sql_;
  bool open_{true};
};

using Work = std::function<Status(soci::session& sql)>;

// One transaction that writes.
struct WriteJob {
  // Of a row of the change log that the transaction writes; empty: applying it twice does no harm.
  std::string change_id;
  Work work;                        // an error rolls back and is not retried
  std::function<void()> committed;  // before the next write of this process begins; must not throw
};

class Database final {
 public:
  Database(std::unique_ptr<Dialect> dialect, const Options& options);

  const Dialect& dialect() const { return *dialect_; }

  Status read(const Work& work);
  // As read(); `select` returns a Result<Value>.
  template <class Value, class Select>
  Result<Value> read_value(const Select& select);
  Status write(const WriteJob& job);
  // For work that may be applied twice.
  Status write(const Work& work) { return write(WriteJob{{}, work, {}}); }
  // On the follower's own session, once: a new session is opened by the next call.
  Status follow(const Work& work);
  // While no transaction of this process writes, in one snapshot, once.
  Status read_snapshot(const Work& work);

  std::map<std::string, std::uint64_t> retries() const;

 private:
  struct Attempt {
    Status status{Success{}};
    bool retryable{false};
    bool in_doubt{false};  // COMMIT failed
    std::string name;      // of the failure
  };

  Deadline deadline() const { return std::chrono::steady_clock::now() + wait_timeout_; }
  Attempt run(SessionPool& pool, Deadline until, const Work& work) const;
  Attempt run_write(const WriteJob& job, Deadline until);
  // Whether the log has the change; an error when it cannot be read either.
  Result<bool> is_logged(const std::string& change_id, Deadline until);
  Status retry(Deadline until, const std::function<Attempt()>& attempt);
  void count_retry(const std::string& name);

  const std::unique_ptr<Dialect> dialect_;
  const std::chrono::milliseconds wait_timeout_;
  SessionPool reads_;
  SessionPool writes_{*dialect_, 1};  // one session: it is also the lock between writers
  SessionPool follower_{*dialect_, 1};
  mutable std::mutex mutex_;                      // guards retries_
  std::map<std::string, std::uint64_t> retries_;  // by the name of the failure
};

template <class Value, class Select>
Result<Value> Database::read_value(const Select& select) {
  Result<Value> value = Value{};
  Status done = read([&](soci::session& sql) -> Status {
    value = select(sql);
    if (!value.ok()) return value.error();
    return Success{};
  });
  if (!done.ok()) return std::move(done).error();
  return value;
}

}  // namespace console_policy::store
