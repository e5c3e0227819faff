// SPDX-License-Identifier: Apache-2.0
// Store: the policies of all scopes, the log of their changes, and observations of consoles.
//
// Contract: a write is one transaction: the policy, its row in the change log and the new revision
//           are all stored or none is, and an acknowledged write is durable. Revisions are 1, 2, 3,
//           … in commit order, without gaps except at a restore (database_file.h); 0 is the empty
//           store. All policies are also held in memory. A write is visible in memory to the next
//           request on the store that took it; a write of another process is visible within
//           Options::poll_interval plus one query. Observations become durable within a second.
// Errors:   unavailable (busy beyond the deadline, disk full, connection lost, damaged): nothing
//           was changed, try again. If the outcome is unknown, the message states that
//           ("it is not known whether the change was stored"); forbidden (a quota): the message
//           names the limit; internal (a row that cannot be read): names the row. Error::internal
//           never holds bound values except the key of such a row.
// Threads:  safe for concurrent use. Operations on memory never wait for the database. Operations
//           on the database block for about Options::wait_timeout at most.
// Units:    Timestamp is UTC in microseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/availability.h"
#include "policies/policy.h"
#include "policies/record.h"
#include "policies/result.h"
#include "policies/scope.h"
#include "service/store/options.h"

namespace console_policy::store {

// The author of a write. The ids must not be empty and must fit their columns (change_id 64 bytes,
// the others 255), else the write is refused as internal.
struct Author {
  std::string user_id;
  std::string request_id;
  std::string change_id;  // unique: UUID
  Timestamp at;
};

// Decides inside the write's transaction, from what the scope has now, whether to go on. An error
// ends the write with that error and changes nothing. Must be quick and must not use the store. The
// store calls it again when it retries the transaction; only the last call counts.
using Guard = std::function<Status(const std::optional<StoredPolicy>& before)>;

// One write of a batch: the new policy of the scope, or its removal.
struct Operation {
  Scope scope;
  std::optional<Policy> policy;
  std::string change_id;  // unique: UUID
};

// As Guard, for a batch: `before` has what the scope of each operation has now.
using BatchGuard = std::function<Status(const std::vector<std::optional<StoredPolicy>>& before)>;

struct Applied {
  Action action{Action::create};
  Revision revision{0};
};

// The policies that a resolution needs, shared with the store.
struct InForce {
  // Of each scope that was asked for, in order; null where nothing is stored.
  std::vector<std::shared_ptr<const Policy>> policies;
  Revision revision{0};  // of the store; policies and revision are from one moment
};

struct PolicyFilter {
  std::optional<ScopeKind> kind;
  std::optional<std::string> project_id;  // the project's own policy and those of its instances
};

// Returns the types to store, given what is known of the instance; empty: nothing changes. Must be
// quick and must not use the store.
using Learn = std::function<std::vector<SeenType>(const std::vector<SeenType>& before)>;

// One observation of one type of one instance.
struct SeenOfInstance {
  std::string project_id;
  std::string instance_id;
  SeenType seen;
};

// All that are given hold at once.
struct SeenFilter {
  std::optional<std::string> project_id;
  std::optional<std::string> host_id;
  std::optional<ConsoleType> type;
  std::optional<AvailabilityStatus> status;
};

// The place of an observation in the order of project, instance and name of the type.
struct SeenPlace {
  std::string project_id;
  std::string instance_id;
  std::string type;
};

// On how many instances of a project on a host a type last opened, and on how many it was
// unavailable.
struct SeenCount {
  std::string project_id;
  std::string host_id;
  ConsoleType type{ConsoleType::vnc};
  std::int64_t opened{0};
  std::int64_t unavailable{0};
};

// The place of a count in the order of project, host and name of the type.
struct SeenCountPlace {
  std::string project_id;
  std::string host_id;
  std::string type;
};

// On a day (UTC, "2026-12-01"): how many observed instances last opened exactly these types.
struct OpenedOnDay {
  std::string day;
  std::vector<ConsoleType> opened;  // in the order of all_console_types; none: no type opened
  std::int64_t instances{0};
};

enum class Direction { ascending, descending };

// The place of a policy in the order of its last change; the revision orders equal times.
struct UpdatePlace {
  Timestamp updated_at;
  Revision revision{0};
};

// All that are given hold at once.
struct ChangeFilter {
  std::optional<ScopeKind> kind;
  std::optional<std::string> project_id;  // of the project's own policy and of its instances'
  std::optional<std::string> user_id;     // the author of the change
  std::optional<Timestamp> since;         // at that time or later
  std::optional<Timestamp> until;         // earlier than that time

  bool has_time() const { return since.has_value() || until.has_value(); }
};

// Values of metrics. Counters count from the start of the process.
struct Figures {
  bool up{false};                    // the last poll of the database succeeded
  bool loaded{false};                // policies are in memory
  Revision revision{0};              // of the policies in memory
  std::chrono::milliseconds age{0};  // since memory was known to match the database
  std::uint64_t policies{0};
  std::uint64_t observations{0};                 // in memory
  std::uint64_t pending_observations{0};         // not yet in the database
  std::uint64_t dropped_observations{0};         // never written: the queue was full
  std::uint64_t reloads{0};                      // of all policies after the first load
  std::map<std::string, std::uint64_t> retries;  // of transactions, by the database's error
};

enum class Severity { info, warning, error };

// Receives events for the log. Called from any thread of the store; must not block or throw.
using Report =
    std::function<void(Severity severity, std::string_view message, std::string_view detail)>;

class Store {
 public:
  virtual ~Store() = default;

  // -- From memory. At most one scope of each kind.
  // Errors: unavailable before the policies are loaded; internal for a row that cannot be read.
  virtual Result<InForce> in_force(const std::vector<Scope>& scopes) const = 0;
  virtual std::vector<SeenType> seen(const ProjectId& project,
                                     const InstanceId& instance) const = 0;
  // Keeps an observation within the bounds; it is written to the database behind the caller.
  virtual void learn(const ProjectId& project, const InstanceId& instance, const Learn& learn) = 0;
  // At most `limit` observations in the order of SeenPlace, starting after `after`.
  virtual std::vector<SeenOfInstance> list_seen(const SeenFilter& filter,
                                                const std::optional<SeenPlace>& after,
                                                std::size_t limit) const = 0;
  // At most `limit` counts in the order of SeenCountPlace, starting after `after`. A pass over the
  // observations: not for an I/O thread.
  virtual std::vector<SeenCount> count_seen(const std::optional<std::string>& project_id,
                                            const std::optional<SeenCountPlace>& after,
                                            std::size_t limit) const = 0;
  // An error while the store cannot serve resolutions; else a remark, empty when all is well.
  virtual Result<std::string> check() const = 0;
  virtual Figures figures() const = 0;

  // -- From the database.
  virtual Result<std::optional<StoredPolicy>> find(const Scope& scope) = 0;
  virtual Result<StoredPolicy> put(const Scope& scope, const Policy& policy, const Author& author,
                                   const Guard& guard) = 0;
  // not_found when nothing is stored at the scope (the guard is not called then).
  virtual Status remove(const Scope& scope, const Author& author, const Guard& guard) = 0;
  // All operations or none, in one transaction; no two at the same scope. Author::change_id is not
  // used. Each has a revision of its own, in their order. The guard must refuse to remove what does
  // not exist. Returns as many results as there are operations.
  virtual Result<std::vector<Applied>> apply(const std::vector<Operation>& operations,
                                             const Author& author, const BatchGuard& guard) = 0;

  // Policies in the order of (scope name, owner id, instance id) or its reverse, at most `limit`,
  // starting after `after`.
  virtual Result<std::vector<StoredPolicy>> list(const PolicyFilter& filter, Direction direction,
                                                 const std::optional<Scope>& after,
                                                 std::size_t limit) = 0;
  // The same in the order of (updated_at, revision).
  virtual Result<std::vector<StoredPolicy>> list_by_update(const PolicyFilter& filter,
                                                           Direction direction,
                                                           const std::optional<UpdatePlace>& after,
                                                           std::size_t limit) = 0;

  // Changes, newest first, at most `limit`, starting after the change with revision `before`. The
  // order is that of the revision; with a time in the filter, that of (time, revision). Errors:
  // invalid_request with a time in the filter when there is no change `before`.
  virtual Result<std::vector<Change>> changes(const ChangeFilter& filter,
                                              std::optional<Revision> before,
                                              std::size_t limit) = 0;

  // The change with this revision; nothing when there is none (any more).
  virtual Result<std::optional<Change>> change(Revision revision) = 0;

  // What was counted on each day from `since_day` on, oldest first. One of the daemons counts once
  // a minute; the last count of a day stays, for history_days.
  static constexpr int history_days = 400;
  virtual Result<std::vector<OpenedOnDay>> history(const std::string& since_day) = 0;

  // Deletes the observations of an instance, here and on the other daemons.
  virtual Status forget(const ProjectId& project, const InstanceId& instance) = 0;
};

// Opens the store that the URL names and brings its schema up to this program's. A file database
// must be usable now. A network database may be away: then the store serves the snapshot file, or
// nothing yet, and goes on trying.
// Errors: invalid_request: a URL that is not understood; a database that is newer than this program
// or belongs to another program; a file on a network file system. unavailable: a file that cannot
// be opened or written, has damaged policies (see dialect.h), or is locked beyond the deadline. The
// message names the database and what to do, never a password.
Result<std::unique_ptr<Store>> open_store(const Options& options, Report report = {});

}  // namespace console_policy::store
