// SPDX-License-Identifier: Apache-2.0
// PolicyMap: all policies in memory, and the position in the change log up to which they hold.
//
// Contract: the map equals the database as of position(). apply() takes changes in the order of
//           their revisions and skips those it already contains, so the writer and the follower may
//           both apply the same change.
// Errors:   find(): internal when the row of one of the scopes could not be read.
// Threads:  PolicyMap is safe for concurrent use; lookups take a shared lock. PolicyTable is not.
// Bounds:   Options::max_policies. An instance takes a policy and about 60 bytes, up to 330 bytes
// if
//           it is the only one of its project.
#pragma once

#include <boost/uuid/uuid.hpp>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "service/store/store.h"

namespace console_policy::store {

using PolicyPtr = std::shared_ptr<const Policy>;

// Where a reader of the change log stands.
struct Position {
  Revision revision{0};   // of the last change that was read
  std::string change_id;  // of that change; empty when the log has no such row

  friend bool operator==(const Position& a, const Position& b) {
    return a.revision == b.revision && a.change_id == b.change_id;
  }
};

// One change as the map needs it. `stored` without a policy: a row that cannot be read.
struct PolicyChange {
  Position position;
  Scope scope;
  bool stored{true};  // false: the policy was removed
  PolicyPtr policy;
};

class PolicyTable final {
 public:
  // Null policy: stored, but its row cannot be read.
  void set(const Scope& scope, PolicyPtr policy);
  void erase(const Scope& scope);
  // Null when nothing is stored at the scope.
  const PolicyPtr* find(const Scope& scope) const;

  std::size_t size() const { return instances_ + others_.size(); }
  // The project's own policy and those of its instances.
  std::size_t size_of_project(const std::string& project_id) const;
  std::vector<std::pair<Scope, PolicyPtr>> all() const;

 private:
  using Uuid = boost::uuids::uuid;
  // Seeded, so that a caller cannot choose instance ids that share a bucket.
  struct UuidHash {
    std::size_t operator()(const Uuid& uuid) const noexcept;
  };
  using Instances = std::unordered_map<Uuid, PolicyPtr, UuidHash>;

  static std::string key_of(ScopeKind kind, const std::string& owner_id);

  std::unordered_map<std::string, Instances> projects_;  // those with policies of instances
  std::size_t instances_{0};                             // of all projects
  std::unordered_map<std::string, PolicyPtr> others_;    // by kind and owner
};

class PolicyMap final {
 public:
  Result<InForce> find(const std::vector<Scope>& scopes) const;
  Position position() const;
  std::size_t size() const;
  std::size_t size_of_project(const std::string& project_id) const;
  std::vector<std::pair<Scope, PolicyPtr>> all(Position& position) const;

  // Applies the changes that follow position(). False at a gap: the changes after it are ignored.
  bool apply(const std::vector<PolicyChange>& changes);
  void replace(PolicyTable table, Position position);

 private:
  mutable std::shared_mutex mutex_;  // guards what follows
  PolicyTable table_;
  Position position_;
};

}  // namespace console_policy::store
