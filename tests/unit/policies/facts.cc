// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/policies/facts.h"

#include <sstream>
#include <utility>

namespace console_policy::test {
namespace {

std::string statement(const Policy& policy) {
  std::ostringstream out;
  out << "prefer[" << text(policy.prefer) << "] deny["
      << (policy.deny_all ? "ALL" : text(policy.deny.types())) << "] allow["
      << text(policy.allow.types()) << "]";
  if (policy.reason) out << " reason[" << *policy.reason << "]";
  if (policy.expires_at) out << " expires[" << policy.expires_at->time_since_epoch().count() << "]";
  return out.str();
}

std::string path(const Scope& scope) {
  return std::string(name(scope.kind())) + "/" + scope.owner_id() + "/" + scope.instance_id();
}

}  // namespace

Timestamp now() {
  return Timestamp(std::chrono::hours(500'000));
}
Timestamp earlier() {
  return now() - std::chrono::microseconds(1);
}
Timestamp later() {
  return now() + std::chrono::microseconds(1);
}

ConsoleTypeSet set(std::initializer_list<ConsoleType> types) {
  return ConsoleTypeSet::of(std::vector<ConsoleType>(types));
}

Policy prefer(Types types) {
  Policy policy;
  policy.prefer = std::move(types);
  return policy;
}

Policy deny(std::initializer_list<ConsoleType> types) {
  Policy policy;
  policy.deny = set(types);
  return policy;
}

Policy deny_all() {
  Policy policy;
  policy.deny_all = true;
  return policy;
}

Policy allow(std::initializer_list<ConsoleType> types) {
  Policy policy;
  policy.allow = set(types);
  return policy;
}

Policy expiring(Policy policy, Timestamp at) {
  policy.expires_at = at;
  return policy;
}

Policy because(Policy policy, std::string reason) {
  policy.reason = std::move(reason);
  return policy;
}

Policy shipped_default() {
  return prefer({SPICE, VNC, SERIAL, MKS});
}

Scope the(ScopeKind kind) {
  switch (kind) {
    case ScopeKind::cloud:
      return Scope::cloud();
    case ScopeKind::domain:
      return Scope::domain(DomainId::parse("D").value());
    case ScopeKind::project:
      return Scope::project(ProjectId::parse("P").value());
    case ScopeKind::user:
      return Scope::user(UserId::parse("U").value());
    case ScopeKind::instance:
      return Scope::instance(ProjectId::parse("P").value(),
                             InstanceId::parse("11111111-2222-3333-4444-555555555555").value());
  }
  return Scope::cloud();
}

std::vector<Scope> all_scopes() {
  std::vector<Scope> scopes;
  for (const ScopeKind kind : all_scope_kinds) scopes.push_back(the(kind));
  return scopes;
}

Facts facts(std::vector<ScopedPolicy> policies) {
  return {all_scopes(), std::move(policies), shipped_default(), now()};
}

std::string text(const Types& types) {
  std::string text;
  for (const ConsoleType type : types) {
    if (!text.empty()) text += ", ";
    text += name(type);
  }
  return text;
}

std::string text(const Resolution& resolution) {
  std::ostringstream out;
  out << "consoles [" << text(resolution.consoles) << "]\n";
  for (const DeniedType& denied : resolution.denied) {
    out << "denied " << name(denied.type);
    for (const StandingDeny& by : denied.denied_by) {
      out << " by " << path(by.scope) << " [" << by.reason.value_or("no reason") << "]";
    }
    out << "\n";
  }
  out << "not preferred [" << text(resolution.not_preferred) << "]\n";
  for (const ScopeStep& step : resolution.steps) {
    out << "step " << path(step.scope) << " " << name(step.state) << " "
        << (step.policy ? statement(*step.policy) : "nothing") << " newly denied ["
        << text(step.newly_denied.types()) << "] given back [" << text(step.given_back.types())
        << "] placed [" << text(step.placed) << "]\n";
  }
  return out.str();
}

}  // namespace console_policy::test
