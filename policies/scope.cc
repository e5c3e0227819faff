// SPDX-License-Identifier: Apache-2.0
#include "policies/scope.h"

#include <utility>

namespace console_policy {
namespace {

// The same error, prefixed with its field.
Error in_field(std::string_view field, Error error) {
  error.message = std::string(field) + ": " + error.message;
  return error;
}

template <class IdType>
Result<IdType> parse_id(std::string_view field, std::string_view text) {
  Result<IdType> id = IdType::parse(text);
  if (!id.ok()) return in_field(field, std::move(id).error());
  return id;
}

}  // namespace

std::string_view name(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::cloud:
      return "cloud";
    case ScopeKind::domain:
      return "domain";
    case ScopeKind::project:
      return "project";
    case ScopeKind::user:
      return "user";
    case ScopeKind::instance:
      return "instance";
  }
  return {};
}

std::optional<ScopeKind> parse_scope_kind(std::string_view text) {
  for (const ScopeKind kind : all_scope_kinds) {
    if (name(kind) == text) return kind;
  }
  return std::nullopt;
}

Scope::Scope(ScopeKind kind, std::string owner_id, std::string instance_id)
    : kind_(kind), owner_id_(std::move(owner_id)), instance_id_(std::move(instance_id)) {}

Scope Scope::cloud() {
  return {ScopeKind::cloud, {}, {}};
}
Scope Scope::domain(const DomainId& id) {
  return {ScopeKind::domain, id.text(), {}};
}
Scope Scope::project(const ProjectId& id) {
  return {ScopeKind::project, id.text(), {}};
}
Scope Scope::user(const UserId& id) {
  return {ScopeKind::user, id.text(), {}};
}
Scope Scope::instance(const ProjectId& project, const InstanceId& instance) {
  return {ScopeKind::instance, project.text(), instance.text()};
}

Result<Scope> Scope::parse(std::string_view kind_text, std::string_view owner_id,
                           std::string_view instance_id) {
  const std::optional<ScopeKind> kind = parse_scope_kind(kind_text);
  if (!kind) {
    return invalid_request("scope: not one of cloud, domain, project, user, instance");
  }
  if (*kind == ScopeKind::cloud && !owner_id.empty()) {
    return invalid_request("scope: the cloud has no id");
  }
  if (*kind != ScopeKind::instance && !instance_id.empty()) {
    return invalid_request("instance_id: only the scope 'instance' has one");
  }
  switch (*kind) {
    case ScopeKind::cloud:
      return cloud();
    case ScopeKind::domain: {
      Result<DomainId> id = parse_id<DomainId>("domain_id", owner_id);
      if (!id.ok()) return std::move(id).error();
      return domain(id.value());
    }
    case ScopeKind::project: {
      Result<ProjectId> id = parse_id<ProjectId>("project_id", owner_id);
      if (!id.ok()) return std::move(id).error();
      return project(id.value());
    }
    case ScopeKind::user: {
      Result<UserId> id = parse_id<UserId>("user_id", owner_id);
      if (!id.ok()) return std::move(id).error();
      return user(id.value());
    }
    case ScopeKind::instance: {
      Result<ProjectId> id = parse_id<ProjectId>("project_id", owner_id);
      if (!id.ok()) return std::move(id).error();
      Result<InstanceId> its_instance = parse_id<InstanceId>("instance_id", instance_id);
      if (!its_instance.ok()) return std::move(its_instance).error();
      return instance(id.value(), its_instance.value());
    }
  }
  return cloud();
}

}  // namespace console_policy
