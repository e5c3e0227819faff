// SPDX-License-Identifier: Apache-2.0
// PolicyFeed: brings the policy map up to date from the change log.
//
// The change log is a replication feed: revisions are 1, 2, 3, … in commit order, because each
// write transaction counts up revision_counter first and keeps its row locked until COMMIT.
//
// Contract: catch_up() applies the changes after a position. When the log does not continue there
//           (a restore, or a failover that lost commits), load() has to replace the map. Console
//           types that this version does not know, and rows that cannot be read, are logged.
// Errors:   lets soci::soci_error through.
// Threads:  safe for concurrent use. load() must not run beside a write transaction of this
//           process, which would apply its change to the map that load() is about to replace.
#pragma once

#include <soci/soci.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "service/store/dialect.h"
#include "service/store/policy_map.h"
#include "service/store/store.h"

namespace console_policy::store {

enum class Feed { current, must_load };

class PolicyFeed final {
 public:
  // More changes than this are not applied one by one: loading everything is quicker.
  static constexpr Revision max_changes = 100'000;

  PolicyFeed(PolicyMap& map, const Dialect& dialect, Report report)
      : map_(map), dialect_(dialect), report_(std::move(report)) {}

  // `mine`: the position of the map before `newest`, the database's revision, was read.
  Feed catch_up(soci::session& sql, const Position& mine, Revision newest);
  // Replaces the map by all policies. They are those of `revision` when the session is in a
  // snapshot or has locked the revision's row.
  void load(soci::session& sql, Revision revision);

  // Loads after the first one.
  std::uint64_t reloads() const { return reloads_; }

 private:
  PolicyPtr policy_of(const Scope& scope, const std::string& body);
  void log_unknown(const std::vector<std::string>& types);
  void load_kind(soci::session& sql, ScopeKind kind, PolicyTable& table);

  PolicyMap& map_;
  const Dialect& dialect_;
  const Report report_;
  std::atomic<bool> loaded_{false};
  std::atomic<std::uint64_t> reloads_{0};
  std::mutex mutex_;  // guards logged_types_
  std::set<std::string> logged_types_;
};

// The database's revision; internal when its row is missing.
Result<Revision> read_revision(soci::session& sql, const Dialect& dialect);

}  // namespace console_policy::store
