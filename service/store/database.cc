// SPDX-License-Identifier: Apache-2.0
#include "service/store/database.h"

#include <algorithm>
#include <exception>
#include <random>
#include <thread>
#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds first_pause{5};
constexpr milliseconds longest_pause{500};
// A lookup of a change in doubt gets at least this much, however late the write is.
constexpr milliseconds lookup_time{1000};

Error in_doubt(const Error& cause) {
  Error error = cause;
  error.code = ErrorCode::unavailable;
  error.message = "the policy store failed; it is not known whether the change was stored";
  return error;
}

// Random, so that writers that collided do not collide again.
milliseconds jittered(milliseconds pause) {
  thread_local std::minstd_rand generator(std::random_device{}());
  std::uniform_int_distribution<milliseconds::rep> half_to_full(pause.count() / 2, pause.count());
  return milliseconds(half_to_full(generator));
}

}  // namespace

SessionPool::Lease::Lease(SessionPool& pool, std::size_t position)
    : pool_(&pool), position_(position), exceptions_(std::uncaught_exceptions()) {}

SessionPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      position_(other.position_),
      exceptions_(other.exceptions_) {}

SessionPool::Lease::~Lease() {
  if (pool_ == nullptr) return;
  State& state = pool_->states_[position_];
  state.used = steady_clock::now();
  if (std::uncaught_exceptions() > exceptions_) {
    sql().close();
    state.open = false;
  }
  pool_->pool_.give_back(position_);
}

SessionPool::SessionPool(const Dialect& dialect, std::size_t sessions)
    : dialect_(dialect), pool_(sessions), states_(sessions) {}

Result<SessionPool::Lease> SessionPool::lease(Deadline deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  const auto wait = std::max(milliseconds{0}, left);
  std::size_t position = 0;
  if (!pool_.try_lease(position, static_cast<int>(wait.count()))) {
    return Error{ErrorCode::unavailable, "the policy store is busy",
                 dialect_.database() + ": no session became free within the deadline"};
  }
  Lease lease(*this, position);
  Status opened = ensure_open(position);
  if (!opened.ok()) return std::move(opened).error();
  return Result<Lease>(std::move(lease));
}

Status SessionPool::ensure_open(std::size_t position) {
  State& state = states_[position];
  soci::session& sql = pool_.at(position);
  if (state.open && dialect_.is_shared() && steady_clock::now() - state.used > max_idle) {
    sql.close();
    state.open = false;
  }
  if (state.open) return Success{};
  Status opened = dialect_.open(sql);
  state.open = opened.ok();
  return opened;
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    sql_ << "ROLLBACK";
  } catch (const std::exception&) {
    // Nothing is left to roll back, or the connection is lost and the server rolls back. If the
    // session was in doubt, an exception is in flight and the lease closes it.
  }
}

void Transaction::commit() {
  sql_ << "COMMIT";
  open_ = false;
}

Database::Database(std::unique_ptr<Dialect> dialect, const Options& options)
    : dialect_(std::move(dialect)),
      wait_timeout_(options.wait_timeout),
      reads_(*dialect_, options.sessions) {}

Status Database::read(const Work& work) {
  const Deadline until = deadline();
  return retry(until, [&] { return run(reads_, until, work); });
}

Status Database::follow(const Work& work) {
  return run(follower_, deadline(), work).status;
}

Status Database::read_snapshot(const Work& work) {
  return run(writes_, deadline(),
             [&](soci::session& sql) -> Status {
               dialect_->begin_snapshot(sql);
               const Transaction transaction(sql);
               return work(sql);
             })
      .status;
}

Status Database::write(const WriteJob& job) {
  const Deadline until = deadline();
  return retry(until, [&]() -> Attempt {
    Attempt attempt = run_write(job, until);
    if (!attempt.in_doubt || job.change_id.empty()) return attempt;
    const Result<bool> logged = is_logged(job.change_id, until);
    if (!logged.ok()) return {in_doubt(attempt.status.error()), false, true, attempt.name};
    if (!logged.value()) return attempt;
    if (job.committed) job.committed();
    return {};
  });
}

Database::Attempt Database::run(SessionPool& pool, Deadline until, const Work& work) const {
  try {
    Result<SessionPool::Lease> lease = pool.lease(until);
    if (!lease.ok()) return {std::move(lease).error(), false, false, {}};
    return {work(lease.value().sql()), false, false, {}};
  } catch (const std::exception& thrown) {
    Failure failure = dialect_->failure(thrown);
    return {std::move(failure.error), failure.retryable, false, std::move(failure.name)};
  }
}

Database::Attempt Database::run_write(const WriteJob& job, Deadline until) {
  Status writable = dialect_->check_writable();
  if (!writable.ok()) return {std::move(writable), false, false, {}};
  bool committing = false;
  Attempt attempt = run(writes_, until, [&](soci::session& sql) -> Status {
    dialect_->begin_write(sql, until);
    Transaction transaction(sql);
    Status done = job.work(sql);
    if (!done.ok()) return done;
    committing = true;
    transaction.commit();
    committing = false;
    if (job.committed) job.committed();
    return Success{};
  });
  attempt.in_doubt = committing;
  return attempt;
}

Result<bool> Database::is_logged(const std::string& change_id, Deadline until) {
  const Deadline lookup_until = std::max(until, steady_clock::now() + lookup_time);
  bool found = false;
  const Work lookup = [&](soci::session& sql) -> Status {
    dialect_->begin_write(sql, lookup_until);
    const Transaction transaction(sql);
    // The COMMIT may still run on the server. It holds the lock of this row until it ends.
    execute(sql, {"UPDATE revision_counter SET revision = revision WHERE id = 1", {}});
    found = select_number(sql, {"SELECT revision FROM change_log WHERE change_id = ?", {change_id}})
                .has_value();
    return Success{};
  };
  Status done = retry(lookup_until, [&] { return run(writes_, lookup_until, lookup); });
  if (!done.ok()) return std::move(done).error();
  return found;
}

Status Database::retry(Deadline until, const std::function<Attempt()>& attempt) {
  for (milliseconds pause = first_pause;; pause = std::min(pause * 2, longest_pause)) {
    Attempt made = attempt();
    if (made.status.ok() || !made.retryable) return std::move(made.status);
    const milliseconds wait = jittered(pause);
    if (steady_clock::now() + wait > until) return std::move(made.status);
    count_retry(made.name);
    std::this_thread::sleep_for(wait);
  }
}

void Database::count_retry(const std::string& name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ++retries_[name];
}

std::map<std::string, std::uint64_t> Database::retries() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return retries_;
}

}  // namespace console_policy::store
