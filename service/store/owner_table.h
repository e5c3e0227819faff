// SPDX-License-Identifier: Apache-2.0
// OwnerTable: which policy a cloud, domain, project or user has, as numbers, and how many instances
// of a project are known.
//
// Contract: an owner is there as long as something is known of it: its policy, that it has none, or
//           an instance. A project's number is its own as long as it is there.
// Bounds:   max_owners of each kind.
// Threads:  guarded by the lock of its cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "policies/scope.h"

namespace console_policy::store {

class OwnerTable final {
 public:
  static constexpr std::size_t max_owners = 1UL << 16U;

  struct Owner {
    bool is_known{false};     // policy says what it has; else only its instances are known
    std::uint32_t policy{0};  // 0: none
    std::uint32_t number{0};  // of a project, from 1
    std::size_t instances{0};
  };
  using Owners = std::unordered_map<std::string, Owner>;
  using ByKind = std::array<Owners, all_scope_kinds.size()>;

  // Null when it is not there.
  const Owner* find(ScopeKind kind, const std::string& id) const;

  bool is_full(ScopeKind kind) const { return of(kind).size() >= max_owners; }
  // Made when it is not there; the kind must not be full then. Good until it is removed.
  Owner& at(ScopeKind kind, const std::string& id);
  Owner& project_at(std::uint32_t number) { return projects_[number - 1]->second; }

  // Takes one away that has no instances, and gives its policy. Nothing when there was none near.
  std::optional<std::uint32_t> remove_one(ScopeKind kind);
  // Takes it away if nothing is known of it.
  void remove_if_idle(ScopeKind kind, const std::string& id);
  void remove_if_idle(std::uint32_t project);
  // Takes away all that are known to have no policy.
  void remove_silent();
  // All go; they are freed where the result is, which may take a while.
  ByKind remove_all();

  std::size_t size() const;
  std::size_t bytes() const;

 private:
  Owners& of(ScopeKind kind) { return owners_[static_cast<std::size_t>(kind)]; }
  const Owners& of(ScopeKind kind) const { return owners_[static_cast<std::size_t>(kind)]; }
  Owners::iterator remove(Owners& owners, Owners::const_iterator at);

  ByKind owners_;
  std::vector<Owners::value_type*> projects_;  // by their numbers; null: the number is free
  std::vector<std::uint32_t> free_numbers_;
  std::size_t hand_{0};
};

}  // namespace console_policy::store
