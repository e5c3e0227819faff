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

struct Polled {
  long long revision{0};
  std::string change_id;
  soci::indicator has_change{soci::i_null};
  long long batch{0};
};

// What the database has now, and what its log has at our revision, in one round trip.
std::optional<Polled> read_counters(soci::session& sql, const Position& mine) {
  const long long revision = mine.revision;
  Polled polled;
  sql << "SELECT revision, (SELECT change_id FROM change_log WHERE change_log.revision = :mine), "
         "(SELECT batch FROM observation_counter WHERE observation_counter.id = 1) "
         "FROM revision_counter WHERE revision_counter.id = 1",
      soci::into(polled.revision), soci::into(polled.change_id, polled.has_change),
      soci::into(polled.batch), soci::use(revision);
  if (!sql.got_data()) return std::nullopt;
  if (polled.has_change == soci::i_null) polled.change_id.clear();
  return polled;
}

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
  Status migrated = database.follow([&](soci::session& sql) -> Status {
    const auto faults = database.dialect().faults(sql, Dialect::Depth::at_start);
    if (!faults.empty()) return database.dialect().damaged(faults.front());
    Status done = migrate(sql, database.dialect(), embedded_migrations(), until);
    if (done.ok()) begin_loading_observations(sql);
    return done;
  });
  if (!migrated.ok()) return migrated;
  Status loaded = database.read_snapshot(
      [this](soci::session& sql) -> Status { return parts_.feed.load(sql); });
  if (!loaded.ok()) return loaded;
  const std::lock_guard<std::mutex> lock(mutex_);
  state_.prepared = true;
  state_.loaded = true;
  return Success{};
}

void Follower::run() {
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      const milliseconds pause = loading_from_ ? milliseconds{1} : options_.poll_interval;
      if (stopped_.wait_for(lock, pause, [this] { return stopping_; })) return;
    }
    note(poll());
    save_snapshot_file();
  }
}

Status Follower::poll() {
  bool prepared = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    prepared = state_.prepared;
  }
  if (!prepared) return prepare();
  Database& database = parts_.database;
  Status same_file = database.dialect().check_writable();
  if (!same_file.ok()) return same_file;
  bool must_load = false;
  Status polled = database.follow([&](soci::session& sql) -> Status {
    const Position mine = parts_.policies.position();
    const std::optional<Polled> found = read_counters(sql, mine);
    if (!found) return read_revision(sql, database.dialect()).error();
    if (found->revision != mine.revision || found->change_id != mine.change_id) {
      must_load = parts_.feed.catch_up(sql, mine, found->revision) == Feed::must_load;
    }
    follow_observations(sql, found->batch);
    return Success{};
  });
  if (!polled.ok() || !must_load) return polled;
  return database.read_snapshot([this](soci::session& sql) { return reload(sql); });
}

Status Follower::reload(soci::session& sql) {
  Status loaded = parts_.feed.load(sql);
  if (!loaded.ok()) return loaded;
  const std::lock_guard<std::mutex> lock(mutex_);
  ++state_.reloads;
  return loaded;
}

void Follower::begin_loading_observations(soci::session& sql) {
  sql << "SELECT batch FROM observation_counter WHERE id = 1", soci::into(batch_);
  loading_from_ = oldest_of_newest(sql, options_.availability.max_rows);
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

void Follower::follow_observations(soci::session& sql, long long newest) {
  constexpr long long batches = 50;
  if (loading_from_) load_observations(sql);
  if (newest < batch_) batch_ = newest;  // the database was restored
  while (batch_ < newest) {
    const long long to = std::min(batch_ + batches, newest);
    for (const InstanceKey& key : forgotten_between(sql, batch_, to)) {
      parts_.observations.forget(key.project_id, key.instance_id);
    }
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
  report_(Severity::warning, "policies come from the snapshot file until the database can be reached",
          options_.snapshot_file + ", " +
              std::to_string(std::chrono::duration_cast<seconds>(age).count()) + " s old");
  const std::lock_guard<std::mutex> lock(mutex_);
  state_.loaded = true;
  state_.checked = Clock::now() - std::chrono::duration_cast<Clock::duration>(age);
}

void Follower::save_snapshot_file() {
  if (options_.snapshot_file.empty() || !parts_.database.dialect().is_shared()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!state_.prepared || !state_.up) return;
  }
  const auto now = Clock::now();
  if (parts_.policies.position().revision == saved_revision_) return;
  if (saved_revision_ >= 0 && now - saved_at_ < snapshot_interval) return;
  saved_at_ = now;
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
  const bool loaded = state_.loaded;
  const std::string before = state_.failure;
  state_.up = polled.ok();
  state_.failure = polled.ok() ? "" : polled.error().message;
  if (polled.ok()) state_.checked = Clock::now();
  lock.unlock();
  const std::string detail = polled.ok() ? parts_.database.dialect().database()
                                         : polled.error().internal;
  if (polled.ok() && !was_up) report_(Severity::info, "the database can be used", detail);
  if (polled.ok() || (!was_up && before == polled.error().message)) return;
  report_(Severity::error,
          loaded ? "the database cannot be used: policies are served from memory, writes fail"
                 : "waiting for the database: nothing is served until it can be used",
          detail);
}

milliseconds Follower::age_of(const State& state) const {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - state.checked);
}

bool Follower::is_up(const State& state) const {
  return state.up &&
         age_of(state) <= std::max(longest_healthy_age,
                                   options_.poll_interval * polls_until_unhealthy);
}

Result<std::string> Follower::check() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!state_.loaded) {
    const std::string text = "waiting for the database: " + state_.failure;
    return Error{ErrorCode::unavailable, text, text};
  }
  if (is_up(state_)) return std::string();
  const auto age = std::chrono::duration_cast<seconds>(age_of(state_)).count();
  return "policies from memory, " + std::to_string(age) + " s old: " +
         (state_.failure.empty() ? "the database does not answer" : state_.failure);
}

bool Follower::is_loaded() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return state_.loaded;
}

bool Follower::is_up() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return is_up(state_);
}

milliseconds Follower::age() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return state_.loaded ? age_of(state_) : milliseconds{0};
}

std::uint64_t Follower::reloads() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return state_.reloads;
}

}  // namespace console_policy::store
