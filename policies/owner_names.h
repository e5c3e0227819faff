// SPDX-License-Identifier: Apache-2.0
// OwnerNames: what the owners of policies, and those who write them, are called; for people, beside
// the ids. Nothing is decided by a name.
//
// Contract: an id that is not in a map has no name that is known.
// Threads:  plain values.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "policies/id.h"
#include "policies/scope.h"

namespace console_policy {

struct OwnerIds {
  std::set<DomainId> domains;
  std::set<ProjectId> projects;
  std::set<UserId> users;
};

struct OwnerNames {
  std::map<DomainId, std::string> domains;
  std::map<ProjectId, std::string> projects;
  std::map<UserId, std::string> users;
};

// Adds the owner of a scope; the cloud has none, an instance's is its project.
void add_owner(const Scope& scope, OwnerIds& ids);
// Text that is no id is let go: nobody is called so.
void add_user(std::string_view id, OwnerIds& ids);

std::optional<std::string> owner_name(const Scope& scope, const OwnerNames& names);
std::optional<std::string> user_name(std::string_view id, const OwnerNames& names);

}  // namespace console_policy
