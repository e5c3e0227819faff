// SPDX-License-Identifier: Apache-2.0
// Scope: where a policy is attached. Five kinds, from broad to narrow.
//
// Contract: an instance scope is the pair (project, instance), so a policy that a user stores
//           under the own project for a foreign instance never matches that instance.
// Threads:  a plain value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policies/id.h"

namespace console_policy {

enum class ScopeKind : std::uint8_t { cloud, domain, project, user, instance };

// Broad to narrow.
inline constexpr std::array<ScopeKind, 5> all_scope_kinds{
    ScopeKind::cloud, ScopeKind::domain, ScopeKind::project, ScopeKind::user, ScopeKind::instance};

std::string_view name(ScopeKind kind);                        // "cloud", "domain", …
std::optional<ScopeKind> parse_scope_kind(std::string_view);  // exact

class Scope final {
 public:
  static Scope cloud();
  static Scope domain(const DomainId& id);
  static Scope project(const ProjectId& id);
  static Scope user(const UserId& id);
  static Scope instance(const ProjectId& project, const InstanceId& instance);

  // From the three columns of the store, or the parts of a marker; the inverse of
  // kind(), owner_id() and instance_id(). Errors: invalid_request with what is wrong.
  static Result<Scope> parse(std::string_view kind, std::string_view owner_id,
                             std::string_view instance_id);

  ScopeKind kind() const { return kind_; }
  // The domain's, project's or user's id; the project's for an instance; empty for the cloud.
  const std::string& owner_id() const { return owner_id_; }
  // The instance's id; empty for every other kind.
  const std::string& instance_id() const { return instance_id_; }

  friend bool operator==(const Scope& a, const Scope& b) {
    return a.kind_ == b.kind_ && a.owner_id_ == b.owner_id_ && a.instance_id_ == b.instance_id_;
  }
  friend bool operator!=(const Scope& a, const Scope& b) { return !(a == b); }

 private:
  Scope(ScopeKind kind, std::string owner_id, std::string instance_id);

  ScopeKind kind_;
  std::string owner_id_;
  std::string instance_id_;
};

}  // namespace console_policy
