// SPDX-License-Identifier: Apache-2.0
#include "policies/resolution.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace console_policy {
namespace {

// For each type, the scopes whose denies stand, broad to narrow; none: the type is not denied.
using StandingDenies = std::array<std::vector<StandingDeny>, all_console_types.size()>;

std::vector<StandingDeny>& of(StandingDenies& denies, ConsoleType type) {
  return denies[static_cast<std::size_t>(type)];
}

ConsoleTypeSet denied_types(const StandingDenies& denies) {
  ConsoleTypeSet types;
  for (const ConsoleType type : all_console_types) {
    if (!denies[static_cast<std::size_t>(type)].empty()) types.insert(type);
  }
  return types;
}

// The order of ScopeKind is broad to narrow; the ids only make it total.
bool broader(const Scope& a, const Scope& b) {
  return std::make_tuple(a.kind(), std::string_view(a.owner_id()),
                         std::string_view(a.instance_id())) <
         std::make_tuple(b.kind(), std::string_view(b.owner_id()),
                         std::string_view(b.instance_id()));
}

std::vector<Scope> broad_to_narrow(std::vector<Scope> scopes) {
  std::sort(scopes.begin(), scopes.end(), broader);
  scopes.erase(std::unique(scopes.begin(), scopes.end()), scopes.end());
  return scopes;
}

const Policy* stored_at(const Scope& scope, const std::vector<ScopedPolicy>& policies) {
  const auto found = std::find_if(policies.begin(), policies.end(),
                                  [&](const ScopedPolicy& p) { return p.scope == scope; });
  return found == policies.end() ? nullptr : &found->policy;
}

// What each scope says, before anything is worked out from it.
std::vector<ScopeStep> heard(const Facts& facts) {
  std::vector<ScopeStep> steps;
  for (const Scope& scope : broad_to_narrow(facts.scopes)) {
    const Policy* stored = stored_at(scope, facts.policies);
    if (stored != nullptr) {
      const bool expired = stored->expired(facts.now);
      steps.push_back(
          {scope, expired ? ScopeState::expired : ScopeState::stored, *stored, {}, {}, {}});
      if (!expired) continue;
    }
    if (scope.kind() == ScopeKind::cloud) {
      steps.push_back({scope, ScopeState::shipped, facts.cloud_default, {}, {}, {}});
    } else if (stored == nullptr) {
      steps.push_back({scope, ScopeState::silent, std::nullopt, {}, {}, {}});
    }
  }
  return steps;
}

// The policy that counts in this step, if one does.
const Policy* counting(const ScopeStep& step) {
  switch (step.state) {
    case ScopeState::stored:
    case ScopeState::shipped:
      return step.policy ? &*step.policy : nullptr;
    case ScopeState::expired:
    case ScopeState::silent:
      return nullptr;
  }
  return nullptr;
}

// Broad to narrow: denied = (denied - allow) | deny. An allow ends every broader deny of its type.
StandingDenies apply_denies(std::vector<ScopeStep>& steps) {
  StandingDenies denies;
  for (ScopeStep& step : steps) {
    const Policy* policy = counting(step);
    if (policy == nullptr) continue;
    const ConsoleTypeSet before = denied_types(denies);
    for (const ConsoleType type : policy->allow.types()) of(denies, type).clear();
    for (const ConsoleType type : policy->denied().types()) {
      of(denies, type).push_back({step.scope, policy->reason});
    }
    const ConsoleTypeSet after = denied_types(denies);
    step.newly_denied = after - before;
    step.given_back = before - after;
  }
  return denies;
}

// Narrow to broad, each type at its first place.
std::vector<ConsoleType> apply_preferences(std::vector<ScopeStep>& steps) {
  std::vector<ConsoleType> order;
  ConsoleTypeSet placed;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const Policy* policy = counting(*step);
    if (policy == nullptr) continue;
    for (const ConsoleType type : policy->prefer) {
      if (placed.contains(type)) continue;
      placed.insert(type);
      step->placed.push_back(type);
      order.push_back(type);
    }
  }
  return order;
}

}  // namespace

std::string_view name(ScopeState state) {
  switch (state) {
    case ScopeState::stored:
      return "stored";
    case ScopeState::shipped:
      return "shipped";
    case ScopeState::expired:
      return "expired";
    case ScopeState::silent:
      return "silent";
  }
  return {};
}

Resolution resolve(const Facts& facts) {
  Resolution resolution;
  resolution.steps = heard(facts);
  StandingDenies denies = apply_denies(resolution.steps);
  const std::vector<ConsoleType> order = apply_preferences(resolution.steps);

  const ConsoleTypeSet denied = denied_types(denies);
  for (const ConsoleType type : order) {
    if (!denied.contains(type)) resolution.consoles.push_back(type);
  }
  for (const ConsoleType type : denied.types()) {
    resolution.denied.push_back({type, std::move(of(denies, type))});
  }
  resolution.not_preferred = (ConsoleTypeSet::all() - ConsoleTypeSet::of(order) - denied).types();
  return resolution;
}

}  // namespace console_policy
