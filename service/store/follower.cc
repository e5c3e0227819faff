// SPDX-License-Identifier: Apache-2.0
#include "service/store/follower.h"

#include <algorithm>
#include <utility>

#include "service/store/migrations.h"
#include "service/store/observation_rows.h"
#include "service/store/rows.h"
#include "service/store/snapshot_file.h"

namespace console_policy::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds snapshot_interval{60};
// A query that hangs counts as an outage after this time or some polls, whichever is longer.
constexpr milliseconds longest_healthy_age{5000};
constexpr int polls_until_unhealthy = 4;

struct Counters {
  long long revision{0};
  Nullable change_id;  // of the change at our revision
  long long batch{0};

  void bind(soci::statement& statement) { bind_columns(statement, revision, change_id, batch); }
};

}  // namespace

Follower::Follower(const Parts& parts, const Options& options, Report report)
    : parts_(parts), options_(options), report_(std::move(report)) {}

Follower::~Follower() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status Follower::start() {
  Status prepared = prepare();
  note(prepared);
  if (!prepared.ok()) {
    const bool may_come_back = parts_.database.dialect().is_shared() &&
                               prepared.error().code != ErrorCode::invalid_request;
    if (!may_come_back) return prepared;
    load_snapshot_file();
  }
  thread_ = std::thread([this] { run(); });
  return Success{};
}

Status Follower::prepare() {
  Database& database = parts_.database;
  const Deadline until = Clock::now() + options_.wait_timeout;
  Status done = database.follow([&](soci::session& sql) -> Status {
    const auto faults = database.dialect().faults(sql, Dialect::Depth::at_start);
    if (!faults.empty()) return database.dialect().damaged(faults.front());
    return migrate(sql, database.dialect(), embedded_migrations(), until);
  });
  if (done.ok()) done = load();
  if (done.ok()) {
    done = database.follow([this](soci::session& sql) -> Status {
      begin_observations(sql, newest_batch(sql));
      return Success{};
    });
  }
  if (!done.ok()) return done;
  prepared_ = true;
  loaded_ = true;
  return done;
}

Status Follower::load() {
  return parts_.database.read_snapshot([this](soci::session& sql) -> Status {
    Result<Revision> revision = read_revision(sql, parts_.database.dialect());
    if (!revision.ok()) return std::move(revision).error();
    // A write of this process may have loaded them meanwhile.
    const Position mine = parts_.policies.position();
    const bool is_current =
        prepared_ && parts_.feed.catch_up(sql, mine, revision.value()) == Feed::current;
    if (!is_current) parts_.feed.load(sql, revision.value());
    return Success{};
  });
}

void Follower::run() {
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      const bool is_loading = state_.up && loading_from_;
      const milliseconds pause = is_loading ? milliseconds{1} : options_.poll_interval;
      if (stopped_.wait_for(lock, pause, [this] { return stopping_; })) return;
    }
    note(poll());
    save_snapshot_file();
  }
}

Status Follower::poll() {
  if (!prepared_) return prepare();
  Database& database = parts_.database;
  Status same_file = database.dialect().check_writable();
  if (!same_file.ok()) return same_file;
  bool must_load = false;
  Status polled = database.follow([&](soci::session& sql) -> Status {
    const Position mine = parts_.policies.position();
    const std::vector<Counters> found = select<Counters>(
        sql, {"SELECT revision, (SELECT change_id FROM change_log WHERE revision = ?), "
              "(SELECT batch FROM observation_counter WHERE id = 1) "
              "FROM revision_counter WHERE id = 1",
              {mine.revision}});
    must_load = found.empty();  // which returns the error
    if (must_load) return Success{};
    const Counters& now = found.front();
    const Position theirs{now.revision, now.change_id.value().value_or("")};
    if (!(theirs == mine)) {
      must_load = parts_.feed.catch_up(sql, mine, theirs.revision) == Feed::must_load;
    }
    follow_observations(sql, now.batch);
    return Success{};
  });
  return polled.ok() && must_load ? load() : polled;
}

// A part at a time, so that policies are followed meanwhile.
void Follower::load_observations(soci::session& sql) {
  constexpr std::size_t part = 10'000;
  const std::vector<SeenOfInstance> rows = observations_since(sql, *loading_from_, part);
  if (rows.empty()) {
    loading_from_.reset();
    return;
  }
  parts_.observations.apply(rows);
  // Rows of the same time are read twice, which changes nothing.
  loading_from_ = std::max(to_microseconds(rows.back().seen.seen_at), *loading_from_ + 1);
}

void Follower::begin_observations(soci::session& sql, long long newest) {
  loading_from_ = oldest_of_newest(sql, options_.availability.max_rows);
  batch_ = newest;
}

void Follower::follow_observations(soci::session& sql, long long newest) {
  constexpr long long batches = 50;
  // After a restore, and after an outage that is longer than forgotten instances are kept.
  if (newest < batch_ || newest - batch_ > batches_remembered) begin_observations(sql, newest);
  if (loading_from_) load_observations(sql);
  while (batch_ < newest) {
    const long long to = std::min(batch_ + batches, newest);
    parts_.observations.apply_forgotten(forgotten_between(sql, batch_, to), to);
    parts_.observations.apply(observations_between(sql, batch_, to));
    batch_ = to;
  }
}

void Follower::load_snapshot_file() {
  if (options_.snapshot_file.empty()) return;
  Result<Snapshot> read = read_snapshot_file(options_.snapshot_file);
  if (!read.ok()) {
    return report_(Severity::warning, "no policies until the database can be reached",
                   read.error().message);
  }
  Snapshot& snapshot = read.value();
  const auto age = std::chrono::system_clock::now() - snapshot.written_at;
  parts_.policies.replace(std::move(snapshot.policies), snapshot.position);
  report_(Severity::warning,
          "policies come from the snapshot file until the database can be reached",
          options_.snapshot_file + ", " +
              std::to_string(std::chrono::duration_cast<seconds>(age).count()) + " s old");
  loaded_ = true;
  const std::lock_guard<std::mutex> lock(mutex_);
  state_.checked = Clock::now() - std::chrono::duration_cast<Clock::duration>(age);
}

void Follower::save_snapshot_file() {
  if (options_.snapshot_file.empty() || !parts_.database.dialect().is_shared()) return;
  if (!prepared_ || !is_up()) return;
  const auto now = Clock::now();
  if (now < save_after_ || parts_.policies.position().revision == saved_revision_) return;
  save_after_ = now + snapshot_interval;
  Position position;
  const auto policies = parts_.policies.all(position);
  Status saved = write_snapshot_file(options_.snapshot_file, policies, position);
  if (saved.ok()) {
    saved_revision_ = position.revision;
  } else {
    report_(Severity::warning, "the snapshot file was not written", saved.error().message);
  }
}

void Follower::note(const Status& polled) {
  std::unique_lock<std::mutex> lock(mutex_);
  const bool was_up = state_.up;
  const std::string before = state_.failure;
  state_.up = polled.ok();
  state_.failure = polled.ok() ? "" : polled.error().message;
  if (polled.ok()) state_.checked = Clock::now();
  lock.unlock();
  const std::string detail =
      polled.ok() ? parts_.database.dialect().database() : polled.error().internal;
  if (polled.ok() && !was_up) report_(Severity::info, "the database can be used", detail);
  if (polled.ok() || (!was_up && before == polled.error().message)) return;
  report_(Severity::error,
          loaded_ ? "the database cannot be used: policies are served from memory, writes fail"
                  : "waiting for the database: nothing is served until it can be used",
          detail);
}

milliseconds Follower::age_of(const State& state) const {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - state.checked);
}

bool Follower::is_up(const State& state) const {
  return state.up && age_of(state) <= std::max(longest_healthy_age,
                                               options_.poll_interval * polls_until_unhealthy);
}

Result<std::string> Follower::check() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!loaded_) {
    const std::string text = "waiting for the database: " + state_.failure;
    return Error{ErrorCode::unavailable, text, text};
  }
  if (is_up(state_)) return std::string();
  const auto age = std::chrono::duration_cast<seconds>(age_of(state_)).count();
  return "policies from memory, " + std::to_string(age) +
         " s old: " + (state_.failure.empty() ? "the database does not answer" : state_.failure);
}

bool Follower::is_up() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return is_up(state_);
}

milliseconds Follower::age() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return loaded_ ? age_of(state_) : milliseconds{0};
}

}  // namespace console_policy::store
