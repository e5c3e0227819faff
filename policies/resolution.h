// SPDX-License-Identifier: Apache-2.0
// resolve(): what the policies that apply to one opening of a console come to.
// policies/README.md states the rule normatively, with worked cases.
//
// Contract: total and pure: every Facts has a Resolution, and the same Facts have the same one,
//           whatever the order in which the policies were stored or handed over.
// Threads:  free functions on values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/policy.h"

namespace console_policy {

struct ScopedPolicy {
  Scope scope;
  Policy policy;
};

// Everything a resolution depends on.
struct Facts {
  std::vector<Scope> scopes;  // the scopes that apply, in any order, at most one of each kind
  // What is stored, in any order, at most one for a scope (of more, the first is taken). One for a
  // scope that is not in `scopes` is not looked at.
  std::vector<ScopedPolicy> policies;
  // Speaks for the cloud while no policy that counts is stored there. It does not expire.
  Policy cloud_default;
  Timestamp now;
};

// Why a scope had, or had not, a say.
enum class ScopeState {
  stored,   // its stored policy counts
  shipped,  // the cloud scope without a stored policy that counts: the shipped default speaks
  expired,  // it has a policy whose expires_at is past (for the cloud: the shipped default follows
            // as a step of its own)
  silent,   // nothing is stored there
};
std::string_view name(ScopeState state);  // "stored", "shipped", "expired", "silent"

// What one scope said and what that changed. Steps run broad to narrow.
struct ScopeStep {
  Scope scope;
  ScopeState state;
  std::optional<Policy> policy;  // what it said; absent when silent
  ConsoleTypeSet newly_denied;   // denied from here on, and not before
  ConsoleTypeSet given_back;     // denied until here, and not any more
  // Preferred here and by no narrower scope: their place in the order is this scope's. Denied ones
  // are among them.
  std::vector<ConsoleType> placed;
};

struct StandingDeny {
  Scope scope;
  std::optional<std::string> reason;
};

// A type that is denied, with the scopes whose denies stand, broad to narrow (at least one).
struct DeniedType {
  ConsoleType type;
  std::vector<StandingDeny> denied_by;
};

struct Resolution {
  std::vector<ConsoleType> consoles;       // to try, in this order; empty: no console
  std::vector<DeniedType> denied;          // in the order of all_console_types
  // As `denied`, by the cloud, the domain and the project alone: what is denied on each instance of
  // the project unless a policy of the user or of the instance allows it.
  std::vector<DeniedType> denied_in_project;
  std::vector<ConsoleType> not_preferred;  // neither denied nor preferred by any scope, same order
  std::vector<ScopeStep> steps;  // the explanation: every scope of Facts::scopes, broad to narrow
};

Resolution resolve(const Facts& facts);

// The same from what others hold, for whoever asks often: nothing is copied that is not in the
// result, and `steps` stays empty unless it is wanted. At most one of each kind of scope, in any
// order.
struct ScopeFact {
  const Scope* scope;    // never null
  const Policy* policy;  // null: nothing is stored there
};
enum class Explained { no, yes };
Resolution resolve(const std::vector<ScopeFact>& scopes, const Policy& cloud_default, Timestamp now,
                   Explained explained);

}  // namespace console_policy
