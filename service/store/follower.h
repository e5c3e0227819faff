// SPDX-License-Identifier: Apache-2.0
// Follower: keeps memory up to date with the database, and knows whether it is.
//
// Contract: every poll interval it reads the revision and the number of the last batch of
//           observations, and reads what is new. While the database is away memory stays as it is.
//           A shared database that is away at the start is tried until it can be used; until then
//           the policies come from the snapshot file, if there is one.
// Threads:  one of its own; check() and the readers of figures are safe for concurrent use.
// Lifetime: the destructor waits for the query that runs, at most its timeout.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "service/store/database.h"
#include "service/store/observation_map.h"
#include "service/store/policy_feed.h"
#include "service/store/policy_map.h"
#include "service/store/store.h"

namespace console_policy::store {

class Follower final {
 public:
  struct Parts {
    Database& database;
    PolicyMap& policies;
    PolicyFeed& feed;
    ObservationMap& observations;
  };

  Follower(const Parts& parts, const Options& options, Report report);
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower();

  // Brings the schema up to date and loads the policies, or the snapshot file when a shared
  // database is away. Then begins to follow. Errors: the database cannot be used and will not
  // become usable by waiting.
  Status start();

  // As Store::check().
  Result<std::string> check() const;
  bool is_loaded() const { return loaded_; }
  bool is_up() const;
  std::chrono::milliseconds age() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct State {
    bool up{false};               // the last poll succeeded
    std::string failure;          // of the last poll that failed, for users: names no host
    Clock::time_point checked{};  // memory matched the database then
  };

  Status prepare();
  Status load();
  void load_snapshot_file();
  void run();
  Status poll();
  void follow_observations(soci::session& sql, long long newest);
  // Loads all from now on, a part at each poll.
  void begin_observations(soci::session& sql, long long newest);
  void load_observations(soci::session& sql);
  void save_snapshot_file();
  void note(const Status& polled);
  std::chrono::milliseconds age_of(const State& state) const;
  bool is_up(const State& state) const;

  const Parts parts_;
  const Options options_;
  const Report report_;

  std::atomic<bool> loaded_{false};  // memory has policies

  // The thread's own, and start()'s before it.
  bool prepared_{false};  // the schema is up to date, and the policies came from the database
  long long batch_{0};    // of observations, the last one that was read
  // While older observations are loaded: the time of the next one.
  std::optional<long long> loading_from_;
  Revision saved_revision_{-1};  // in the snapshot file
  Clock::time_point save_after_{};

  mutable std::mutex mutex_;  // guards what follows
  State state_;
  bool stopping_{false};
  std::condition_variable stopped_;
  std::thread thread_;
};

}  // namespace console_policy::store
