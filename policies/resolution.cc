// SPDX-License-Identifier: Apache-2.0
#include "policies/resolution.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace console_policy {
namespace {

// For each type, the scopes whose denies stand, broad to narrow. Empty: the type is not denied.
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

// ScopeKind is ordered broad to narrow; the ids make the order total.
bool broader(const Scope& a, const Scope& b) {
  return std::make_tuple(a.kind(), std::string_view(a.owner_id()),
                         std::string_view(a.instance_id())) <
         std::make_tuple(b.kind(), std::string_view(b.owner_id()),
                         std::string_view(b.instance_id()));
}

// Types in an order, each once.
class TypeOrder final {
 public:
  void add(ConsoleType type) { types_[count_++] = type; }
  const ConsoleType* begin() const { return types_.data(); }
  const ConsoleType* end() const { return types_.data() + count_; }
  std::vector<ConsoleType> types() const { return {begin(), end()}; }

 private:
  std::array<ConsoleType, all_console_types.size()> types_{};
  std::size_t count_{0};
};

// A ScopeStep by reference, so that no policy is copied.
struct Step {
  const Scope* scope;
  ScopeState state;
  const Policy* policy;
  ConsoleTypeSet newly_denied{};
  ConsoleTypeSet given_back{};
  TypeOrder placed{};
};

// One for each scope, and one more if the cloud's stored policy has expired.
using Steps = std::vector<Step>;

std::vector<ScopeFact> broad_to_narrow(std::vector<ScopeFact> scopes) {
  const auto before = [](const ScopeFact& a, const ScopeFact& b) {
    return broader(*a.scope, *b.scope);
  };
  // stable_sort allocates even if its input is sorted, which is the usual case.
  if (!std::is_sorted(scopes.begin(), scopes.end(), before)) {
    std::stable_sort(scopes.begin(), scopes.end(), before);
  }
  const auto same = [](const ScopeFact& a, const ScopeFact& b) { return *a.scope == *b.scope; };
  scopes.erase(std::unique(scopes.begin(), scopes.end(), same), scopes.end());
  return scopes;
}

// The policy and the state of each scope.
Steps initial_steps(const std::vector<ScopeFact>& scopes, const Policy& cloud_default,
                    Timestamp now) {
  Steps steps;
  steps.reserve(scopes.size() + 1);
  for (const ScopeFact& fact : scopes) {
    const Policy* stored = fact.policy;
    if (stored != nullptr) {
      const bool expired = stored->expired(now);
      steps.push_back({fact.scope, expired ? ScopeState::expired : ScopeState::stored, stored});
      if (!expired) continue;
    }
    if (fact.scope->kind() == ScopeKind::cloud) {
      steps.push_back({fact.scope, ScopeState::shipped, &cloud_default});
    } else if (stored == nullptr) {
      steps.push_back({fact.scope, ScopeState::silent, nullptr});
    }
  }
  return steps;
}

// The policy that counts in this step, if one does.
const Policy* counting(const Step& step) {
  switch (step.state) {
    case ScopeState::stored:
    case ScopeState::shipped:
      return step.policy;
    case ScopeState::expired:
    case ScopeState::silent:
      return nullptr;
  }
  return nullptr;
}

std::vector<DeniedType> list_of(const StandingDenies& denies) {
  std::vector<DeniedType> list;
  for (const ConsoleType type : all_console_types) {
    const std::vector<StandingDeny>& by = denies[static_cast<std::size_t>(type)];
    if (!by.empty()) list.push_back({type, by});
  }
  return list;
}

// Broad to narrow: denied = (denied - allow) | deny. An allow ends every broader deny of its type.
StandingDenies apply_denies(Steps& steps, std::vector<DeniedType>& in_project) {
  StandingDenies denies;
  ConsoleTypeSet before;
  bool left_project = false;
  for (Step& step : steps) {
    if (!left_project && step.scope->kind() > ScopeKind::project) {
      left_project = true;
      in_project = list_of(denies);
    }
    const Policy* policy = counting(step);
    if (policy == nullptr) continue;
    const ConsoleTypeSet deny = policy->denied();
    if (policy->allow.empty() && deny.empty()) continue;
    for (const ConsoleType type : policy->allow.types()) of(denies, type).clear();
    for (const ConsoleType type : deny.types()) {
      of(denies, type).push_back({*step.scope, policy->reason});
    }
    const ConsoleTypeSet after = denied_types(denies);
    step.newly_denied = after - before;
    step.given_back = before - after;
    before = after;
  }
  if (!left_project) in_project = list_of(denies);
  return denies;
}

// Narrow to broad, each type at its first place.
TypeOrder apply_preferences(Steps& steps) {
  TypeOrder order;
  ConsoleTypeSet placed;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const Policy* policy = counting(*step);
    if (policy == nullptr) continue;
    for (const ConsoleType type : policy->prefer) {
      if (placed.contains(type)) continue;
      placed.insert(type);
      step->placed.add(type);
      order.add(type);
    }
  }
  return order;
}

ScopeStep to_scope_step(const Step& step) {
  return {*step.scope,
          step.state,
          step.policy == nullptr ? std::nullopt : std::optional<Policy>(*step.policy),
          step.newly_denied,
          step.given_back,
          step.placed.types()};
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

Resolution resolve(const std::vector<ScopeFact>& scopes, const Policy& cloud_default, Timestamp now,
                   Explained explained) {
  Steps steps = initial_steps(broad_to_narrow(scopes), cloud_default, now);
  Resolution resolution;
  const StandingDenies denies = apply_denies(steps, resolution.denied_in_project);
  const TypeOrder order = apply_preferences(steps);

  const ConsoleTypeSet denied = denied_types(denies);
  ConsoleTypeSet preferred;
  resolution.consoles.reserve(all_console_types.size());
  for (const ConsoleType type : order) {
    preferred.insert(type);
    if (!denied.contains(type)) resolution.consoles.push_back(type);
  }
  resolution.denied = list_of(denies);
  resolution.not_preferred = (ConsoleTypeSet::all() - preferred - denied).types();
  if (explained == Explained::yes) {
    resolution.steps.reserve(steps.size());
    for (const Step& step : steps) resolution.steps.push_back(to_scope_step(step));
  }
  return resolution;
}

Resolution resolve(const Facts& facts) {
  std::vector<ScopeFact> scopes;
  scopes.reserve(facts.scopes.size());
  for (const Scope& scope : facts.scopes) {
    const auto stored =
        std::find_if(facts.policies.begin(), facts.policies.end(),
                     [&](const ScopedPolicy& policy) { return policy.scope == scope; });
    scopes.push_back({&scope, stored == facts.policies.end() ? nullptr : &stored->policy});
  }
  return resolve(scopes, facts.cloud_default, facts.now, Explained::yes);
}

}  // namespace console_policy
