// SPDX-License-Identifier: Apache-2.0
// PolicyCache: what the database says of scopes, good until another process commits.
//
// Contract: find() gives what the database says while the header of the WAL-index is the one asked
//           for, and nothing else. A commit of another process makes all of it worthless at once; a
//           commit of this one, between begin_write() and end_write(), changes what carry() says it
//           changed. When all policies have been loaded and nothing was left out, the cache is
//           complete: a scope that is not in it has no policy.
// Bounds:   those of InstanceTable, OwnerTable and PolicyBodies. At one of them something goes for
//           something else, or the new is not kept; the cache is not complete then.
// Threads:  safe for concurrent use. Those who find do not keep each other waiting, not even while
//           the system has put one of them aside. What changes it holds up all, for a few hash
//           lookups, for a stretch of a load, and, a handful of times in a process' life, for a
//           move to twice the slots. Bodies are parsed meanwhile. Writes of this process come one
//           at a time.
// Lifetime: the WalIndex must outlive it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "service/store/in_force_statement.h"
#include "service/store/instance_table.h"
#include "service/store/moment.h"
#include "service/store/owner_table.h"
#include "service/store/policy_bodies.h"
#include "service/store/store.h"
#include "service/store/written.h"

namespace console_policy::store {

class PolicyCache final {
 public:
  using Header = WalIndex::Header;
  using Changes = std::vector<WrittenPolicies::Change>;

  explicit PolicyCache(const WalIndex& index) : index_(&index), moment_(index) {}

  // Nothing when one of the scopes, or the revision, is not known for this header.
  std::optional<InForce> find(const std::vector<Scope>& scopes, const Header& header) const;

  // What the rows say; kept when the header was `before` while they were read, and still is.
  // Errors: internal, naming the scope, for a body that cannot be read.
  Result<InForce> take(const std::vector<Scope>& scopes, const InForceStatement::Rows& rows,
                       const std::optional<Header>& before);

  // A write of this process: the caller holds the database's one write lock from before
  // begin_write() until COMMIT.
  void begin_write();
  // COMMIT has succeeded, and nobody else had committed when the header was `after`. Errors: as
  // take(); nothing is carried then.
  Status carry(const WrittenPolicies& written, const Header& after);
  void end_write();

  // A load of all policies, stretch by stretch, by one thread at a time. False: not now, somebody
  // is just committing.
  bool begin_load(const Header& now);
  enum class Loaded {
    kept,
    again,  // somebody has committed while it was read, or a writer has yet to say what it changed
    in_vain,  // what was loaded before is gone, by a commit of others
    full      // there is no room for all
  };
  // The policies of one stretch of the table, read while the header was `before`. Errors: as
  // take().
  Result<Loaded> load(const Changes& policies, const Header& before);
  // All were loaded: the cache is complete, if nothing of it has gone. Gives whether it is.
  bool end_load();

  // What a body says, if some policy that is in the cache has it; nothing else is said by that.
  PolicyBodies::PolicyPtr policy_of(const std::string& body) const;

  CacheFigures figures() const;

 private:
  using PolicyPtr = PolicyBodies::PolicyPtr;
  using Number = PolicyBodies::Number;
  using Garbage = OwnerTable::ByKind;  // made before the lock is taken, so freed after it is not

  Result<std::vector<PolicyPtr>> parse(const Changes& policies) const;
  // What stays the same from scope to scope of one question.
  struct Question {
    // The last project looked up: that of the instance is mostly asked about, too.
    const std::string* project_id{nullptr};
    const OwnerTable::Owner* project{nullptr};
    InstanceTable::Key instance{};  // of the last one fetched
    const Scope* fetched{nullptr};
  };

  Question begin(const std::vector<Scope>& scopes) const;
  bool find_one(const Scope& scope, Question& question, PolicyPtr& policy) const;
  const OwnerTable::Owner* owner_of(const Scope& scope, Question& question) const;
  const InstanceTable::Slot* slot_of(const Scope& scope, const OwnerTable::Owner* project) const;
  const InstanceTable::Slot* slot_of(InstanceTable::Key instance,
                                     const OwnerTable::Owner* project) const;
  bool is_there(const Scope& scope) const;
  void keep(const WrittenPolicies::Change& change, const PolicyPtr& policy);
  bool put(const Scope& scope, Number policy);
  void drop(const Scope& scope);
  void drop(const InstanceTable::Slot* slot);
  void lose();
  void forget(Garbage& garbage);
  bool admit(const Header& before, Garbage& garbage);

  const WalIndex* index_;
  mutable std::shared_mutex mutex_;  // guards all below but the counts
  Moment moment_;
  std::optional<Revision> revision_;
  OwnerTable owners_;
  InstanceTable instances_;
  PolicyBodies bodies_;
  bool complete_{false};
  bool whole_{false};  // nothing has gone since begin_load()
  bool full_{false};   // for want of room
  mutable std::atomic<std::uint64_t> hits_{0};
  mutable std::atomic<std::uint64_t> misses_{0};
};

}  // namespace console_policy::store
