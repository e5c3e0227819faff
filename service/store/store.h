// SPDX-License-Identifier: Apache-2.0
// Store: the policies that scopes have, every change ever made to them, and what was seen of
// instances' consoles.
//
// Contract: a write is one transaction: the policy, its row in the change log and the new revision
//           are all there or none is, and once a write has returned it survives the death of
//           process and machine. Revisions are 1, 2, 3, … in commit order, without gaps but for one
//           at each restore (database_file.h); 0 is the empty store. A read sees every write that
//           returned before it began.
// Errors:   unavailable (busy beyond the wait, disk full, I/O, read-only, damaged, the file gone):
//           nothing was changed, try again; in the one case where that cannot be told, the message
//           says so ("it is not known whether the change was stored");
//           internal (a row that cannot be read back): says which. Error::internal never holds
//           bound values but for the key of such a row.
// Threads:  safe for concurrent use; calls block for at most about Options::wait_timeout.
// Units:    Timestamp is UTC in microseconds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policies/availability.h"
#include "policies/policy.h"
#include "policies/record.h"
#include "policies/result.h"
#include "policies/scope.h"
#include "service/store/options.h"

namespace console_policy::store {

// Who writes, and when. The ids must not be empty and must fit their columns (change_id 64 bytes,
// the others 255), else the write is refused as internal.
struct Author {
  std::string user_id;
  std::string request_id;
  std::string change_id;  // unique: UUID
  Timestamp at;
};

// Looks at what stands at the scope, inside the write's transaction, and says whether to go on.
// An error ends the write with that error and changes nothing. Must be quick and touch no store;
// may be asked more than once for one write, and only the last time counts.
using Guard = std::function<Status(const std::optional<StoredPolicy>& before)>;

// One write of several: the policy that the scope gets, or none any more.
struct Operation {
  Scope scope;
  std::optional<Policy> policy;
  std::string change_id;  // unique: UUID
};

// As Guard, for several writes at once: `before` has what stands at the scope of each of them.
using BatchGuard = std::function<Status(const std::vector<std::optional<StoredPolicy>>& before)>;

struct Applied {
  Action action{Action::create};
  Revision revision{0};
};

struct Snapshot {
  std::vector<StoredPolicy> policies;  // in no particular order
  Revision revision{0};                // of the store; policies and revision are of one moment
};

// What counts in a decision. Each policy may be shared with others who ask.
struct InForce {
  // Of each of the scopes that were asked for, in their order; null where nothing is stored.
  std::vector<std::shared_ptr<const Policy>> policies;
  Revision revision{0};  // of the store; policies and revision are of one moment
};

// What is in memory of the policies, and what for: since the store was opened.
struct CacheFigures {
  std::uint64_t entries{0};  // scopes of which it is known what they have, or that it is nothing
  std::uint64_t bytes{0};
  bool complete{false};            // all policies are there
  std::uint64_t from_memory{0};    // answers of in_force()
  std::uint64_t from_database{0};  // the others
};

struct PolicyFilter {
  std::optional<ScopeKind> kind;
  std::optional<std::string> project_id;  // the project's own policy and those of its instances
};

// Looks at what is kept of an instance's types and gives what is to be kept of them from now on;
// empty: nothing changes. Asked twice when something does. Must be quick and touch no store.
using Learn = std::function<std::vector<SeenType>(const std::vector<SeenType>& before)>;

// One row of what was seen.
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

// Where a row stands in the order of project, instance and name of the type.
struct SeenPlace {
  std::string project_id;
  std::string instance_id;
  std::string type;
};

// How many instances of a project on a host a type was opened on last, and on how many it was not
// there.
struct SeenCount {
  std::string project_id;
  std::string host_id;
  ConsoleType type{ConsoleType::vnc};
  std::int64_t opened{0};
  std::int64_t unavailable{0};
};

// Where a count stands in the order of project, host and name of the type.
struct SeenCountPlace {
  std::string project_id;
  std::string host_id;
  std::string type;
};

enum class Direction { ascending, descending };

// Where a policy stands in the order of its last change; the revision parts equal times.
struct UpdatePlace {
  Timestamp updated_at;
  Revision revision{0};
};

// All that are given hold at once.
struct ChangeFilter {
  std::optional<ScopeKind> kind;
  std::optional<std::string> project_id;  // of the project's own policy and of its instances'
  std::optional<std::string> user_id;     // who made the change
  std::optional<Timestamp> since;         // at that time or later
  std::optional<Timestamp> until;         // earlier than that time

  bool has_time() const { return since.has_value() || until.has_value(); }
};

// The write-ahead log, now, and the checkpoints that move it into the database.
struct WalFigures {
  std::uint64_t pages{0};  // in the log; grows as long as checkpoints fail, or readers keep it
  std::uint64_t failed_checkpoints{0};  // since the start
};

// Hears when checkpoints begin to fail, with why, and when one has succeeded again. Called on a
// thread of the store's, which it must not hold up; must not throw.
using CheckpointsTold = std::function<void(const Status& status)>;

class Store {
 public:
  virtual ~Store() = default;

  // The policies of those scopes that have one (at most one scope of each kind).
  virtual Result<Snapshot> lookup(const std::vector<Scope>& scopes) = 0;

  // The same without who wrote them and when, and mostly out of memory: asked at every opening of a
  // console. Sees every write that returned before it began, whichever process made it.
  virtual Result<InForce> in_force(const std::vector<Scope>& scopes) = 0;

  virtual CacheFigures cache_figures() const = 0;
  virtual WalFigures wal_figures() const = 0;

  virtual Result<StoredPolicy> put(const Scope& scope, const Policy& policy, const Author& author,
                                   const Guard& guard) = 0;

  // not_found when nothing is stored there (the guard is not asked then).
  virtual Status remove(const Scope& scope, const Author& author, const Guard& guard) = 0;

  // The same without waiting: `done` is called once, later, on a thread of the store's that must
  // not be held up, or before this returns when too many writes wait. The guard is asked on that
  // thread too.
  using PutDone = std::function<void(Result<StoredPolicy> stored)>;
  virtual void async_put(Scope scope, Policy policy, Author author, Guard guard, PutDone done) = 0;
  using RemoveDone = std::function<void(Status removed)>;
  virtual void async_remove(const Scope& scope, const Author& author, const Guard& guard,
                            RemoveDone done) = 0;

  // Writes that have not been begun, now.
  virtual std::size_t waiting_writes() const = 0;

  // All of them or none, in one transaction; no two at the same scope. Author::change_id is not
  // used. Each has a revision of its own, in their order. The guard must refuse to remove what is
  // not there. Gives as many results as there are operations.
  virtual Result<std::vector<Applied>> apply(const std::vector<Operation>& operations,
                                             const Author& author, const BatchGuard& guard) = 0;

  // Policies in the order of (scope name, owner id, instance id), or against it, at most `limit`,
  // those after `after`.
  virtual Result<std::vector<StoredPolicy>> list(const PolicyFilter& filter, Direction direction,
                                                 const std::optional<Scope>& after,
                                                 std::size_t limit) = 0;

  // The same in the order of (updated_at, revision).
  virtual Result<std::vector<StoredPolicy>> list_by_update(const PolicyFilter& filter,
                                                           Direction direction,
                                                           const std::optional<UpdatePlace>& after,
                                                           std::size_t limit) = 0;

  // Changes, newest first, at most `limit`, those that come after the one with the revision
  // `before`. Newest is that of the highest revision; with a time in the filter, that of the latest
  // time, and of the higher revision at equal times. Errors: invalid_request with a time in the
  // filter when there is no change `before`.
  virtual Result<std::vector<Change>> changes(const ChangeFilter& filter,
                                              std::optional<Revision> before,
                                              std::size_t limit) = 0;

  // Keeps what was seen of an instance, within Options::availability. No revision and no change
  // goes with it, and a crowd of reports delays another write by one of them at the most. Nothing
  // is written, and nothing waits for a writer, when `learn` gives nothing.
  virtual Status learn(const ProjectId& project, const InstanceId& instance, Timestamp now,
                       const Learn& learn) = 0;
  // Asked at every opening of a console that comes with a fingerprint.
  virtual Result<std::vector<SeenType>> seen(const ProjectId& project,
                                             const InstanceId& instance) = 0;
  virtual Status forget(const ProjectId& project, const InstanceId& instance) = 0;

  // At most `limit` rows in the order of SeenPlace, those after `after`.
  virtual Result<std::vector<SeenOfInstance>> list_seen(const SeenFilter& filter,
                                                        const std::optional<SeenPlace>& after,
                                                        std::size_t limit) = 0;

  // At most `limit` counts in the order of SeenCountPlace, those after `after`.
  virtual Result<std::vector<SeenCount>> count_seen(const std::optional<std::string>& project_id,
                                                    const std::optional<SeenCountPlace>& after,
                                                    std::size_t limit) = 0;

  // One small step of taking away what is too old, or beyond max_rows; gives how many rows went.
  // Less than max_forgotten: no more to do. max_rows_per_project is kept to by learn() alone.
  static constexpr std::size_t max_forgotten = 256;
  virtual Result<std::size_t> forget_old(Timestamp now) = 0;

  // Success when the store can be read now.
  virtual Status check() = 0;
};

// Opens the store that the URL names, makes its file (mode 0600) when there is none, and brings its
// schema up to this program's.
// Errors: invalid_request: a URL that is not understood; a database that is newer than this
// program, or not ours. unavailable: one that cannot be opened or written, is damaged, or is locked
// beyond the wait. The message names the file and what to do, never a password.
Result<std::unique_ptr<Store>> open_store(const Options& options, CheckpointsTold told = {});

}  // namespace console_policy::store
