// SPDX-License-Identifier: Apache-2.0
// ObservationWriter: writes observations to the database behind their reporters, and deletes old
// rows.
//
// Contract: once a second all pending observations are written, and instances that memory has
//           evicted are deleted. Once a minute one of the daemons on the database deletes, a few
//           rows in a transaction, what is too old: observations, and changes (never the newest
//           one, by which the followers recognize the log). The same daemon counts the day's row of
//           the history.
// Errors:   a failed write is tried again at the next turn; the first of several is logged.
// Threads:  one of its own; forget() and maintain() are safe for concurrent use.
// Lifetime: the destructor writes what is pending, once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "service/store/database.h"
#include "service/store/observation_map.h"
#include "service/store/store.h"

namespace console_policy::store {

class ObservationWriter final {
 public:
  static constexpr std::chrono::seconds interval{1};
  static constexpr std::chrono::seconds maintenance_interval{60};

  ObservationWriter(Database& database, ObservationMap& observations, const Options& options,
                    Report report);
  ObservationWriter(const ObservationWriter&) = delete;
  ObservationWriter& operator=(const ObservationWriter&) = delete;
  ~ObservationWriter();

  void start();

  Status forget(const std::string& project_id, const std::string& instance_id);
  // Counts the instances of the day, and deletes what is too old at `now`.
  Status maintain(Timestamp now);

 private:
  // Writes what is pending now.
  Status flush();
  Result<bool> claim_maintenance(Timestamp now);
  Status count_day(Timestamp now);
  // Deletes the rows of `table` whose time is before `end` and for which `condition` holds.
  Status delete_before(const std::string& table, const std::string& time, long long end,
                       const std::string& condition);
  void run();
  void note(const Status& done);
  bool is_stopping();

  Database& database_;
  ObservationMap& observations_;
  const Options options_;
  const Report report_;
  // The thread's own.
  std::vector<InstanceKey> evicted_;  // to delete in the database
  bool failing_{false};

  std::mutex mutex_;  // guards stopping_
  bool stopping_{false};
  std::condition_variable stopped_;
  std::thread thread_;
};

}  // namespace console_policy::store
