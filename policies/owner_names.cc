// SPDX-License-Identifier: Apache-2.0
#include "policies/owner_names.h"

namespace console_policy {
namespace {

template <class IdType>
void add(std::string_view text, std::set<IdType>& ids) {
  Result<IdType> id = IdType::parse(text);
  if (id.ok()) ids.insert(std::move(id).value());
}

template <class IdType>
std::optional<std::string> find(std::string_view text, const std::map<IdType, std::string>& names) {
  const Result<IdType> id = IdType::parse(text);
  if (!id.ok()) return std::nullopt;
  const auto at = names.find(id.value());
  if (at == names.end()) return std::nullopt;
  return at->second;
}

}  // namespace

void add_owner(const Scope& scope, OwnerIds& ids) {
  switch (scope.kind()) {
    case ScopeKind::cloud:
      return;
    case ScopeKind::domain:
      return add(scope.owner_id(), ids.domains);
    case ScopeKind::project:
    case ScopeKind::instance:
      return add(scope.owner_id(), ids.projects);
    case ScopeKind::user:
      return add(scope.owner_id(), ids.users);
  }
}

void add_user(std::string_view id, OwnerIds& ids) {
  add(id, ids.users);
}

std::optional<std::string> owner_name(const Scope& scope, const OwnerNames& names) {
  switch (scope.kind()) {
    case ScopeKind::cloud:
      return std::nullopt;
    case ScopeKind::domain:
      return find(scope.owner_id(), names.domains);
    case ScopeKind::project:
    case ScopeKind::instance:
      return find(scope.owner_id(), names.projects);
    case ScopeKind::user:
      return find(scope.owner_id(), names.users);
  }
  return std::nullopt;
}

std::optional<std::string> user_name(std::string_view id, const OwnerNames& names) {
  return find(id, names.users);
}

}  // namespace console_policy
