// SPDX-License-Identifier: Apache-2.0
// PolicyCache: what the store last said of scopes, good for as long as nobody has committed.
//
// Contract: find() gives what put() was given under the same header of the WAL-index, and nothing
//           else: any commit, of whatever process, makes all of it worthless at once. That is exact
//           and simple; what a commit then costs is one SELECT for each question, until asked
//           again. Equal bodies of policies are parsed and kept once.
// Bounds:   max_slots instances (32 bytes each, grown as needed), max_owners of each other kind,
//           max_bodies different policies. At the bound of instances one goes for another, at the
//           others all is forgotten.
// Threads:  safe for concurrent use; one mutex, held for a few hash lookups (and, a handful of
// times
//           in a process' life, for a move to twice the slots).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "service/store/in_force_statement.h"
#include "service/store/store.h"
#include "service/store/wal_index.h"

namespace console_policy::store {

class PolicyCache final {
 public:
  static constexpr std::size_t max_slots = 1UL << 21U;
  static constexpr std::size_t max_owners = 1UL << 16U;
  static constexpr std::size_t max_bodies = 1UL << 16U;

  PolicyCache();

  // Nothing when one of the scopes, or the revision, is not known for this header.
  std::optional<InForce> find(const std::vector<Scope>& scopes, const WalIndex::Header& header);

  // What the rows say, and, when they are known to be of the moment of a header, keeps it.
  // Errors: internal, naming the scope, for a body that cannot be read.
  Result<InForce> take(const std::vector<Scope>& scopes, const InForceStatement::Rows& rows,
                       const std::optional<WalIndex::Header>& header);

 private:
  using PolicyPtr = std::shared_ptr<const Policy>;

  // Of a cloud, domain, project or user. A project's number stands for it in its instances' slots.
  struct Owner {
    std::uint32_t number{0};
    std::uint64_t generation{0};
    PolicyPtr policy;
  };
  struct InstanceKey {
    std::uint64_t high{0};  // the UUID
    std::uint64_t low{0};
    std::uint32_t project{0};
  };
  struct Slot {
    std::uint64_t high{0};
    std::uint64_t low{0};
    std::uint32_t project{0};
    std::uint32_t policy{0};  // its place in policies_, from 1; 0: none
    std::uint64_t generation{0};
  };
  static_assert(sizeof(Slot) == 32, "max_slots counts on it");

  void enter(const WalIndex::Header& header);
  bool find_one(const Scope& scope, PolicyPtr& policy) const;
  void put_one(const Scope& scope, std::uint32_t policy);
  Owner& owner_at(ScopeKind kind, const std::string& id);
  std::optional<InstanceKey> key_of(const Scope& scope) const;
  const Slot* slot_of(const InstanceKey& key) const;
  void put_slot(const InstanceKey& key, std::uint32_t policy);
  void grow();
  Result<std::uint32_t> number_of(const std::string& body, const Scope& scope);
  bool is_full() const;
  void forget();

  std::mutex mutex_;             // guards all below
  WalIndex::Header header_{};    // of the commit that the current generation is about
  std::uint64_t generation_{1};  // what has another one is worthless
  std::optional<Revision> revision_;
  std::array<std::unordered_map<std::string, Owner>, all_scope_kinds.size()> owners_;
  std::uint32_t next_owner_{1};
  std::vector<Slot> slots_;
  std::size_t used_slots_{0};  // of this generation
  std::vector<PolicyPtr> policies_;
  std::unordered_map<std::string, std::uint32_t> bodies_;
};

}  // namespace console_policy::store
