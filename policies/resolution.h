// SPDX-License-Identifier: Apache-2.0
// resolve(): the console types to try for one opening of a console.
// Rules R1 to R9 of policies/README.md are the normative text, with worked cases.
//
// Contract: total and pure: every Facts has a Resolution, and the same Facts have the same one,
//           regardless of the order in which the policies were stored or passed.
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
  // What is stored, in any order, at most one for a scope (of more, the first is taken). A policy
  // of a scope that is not in `scopes` is ignored.
  std::vector<ScopedPolicy> policies;
  // The cloud's policy while no stored one counts. It does not expire.
  Policy cloud_default;
  Timestamp now;
};

// Where a scope's policy comes from, or why it has none that counts.
enum class ScopeState {
  stored,   // its stored policy counts
  shipped,  // the cloud scope without a stored policy that counts: the shipped default applies
  expired,  // it has a policy whose expires_at is past (for the cloud: the shipped default follows
            // as a step of its own)
  silent,   // nothing is stored there
};
std::string_view name(ScopeState state);  // "stored", "shipped", "expired", "silent"

// The policy of one scope and its effect. Steps are ordered broad to narrow.
struct ScopeStep {
  Scope scope;
  ScopeState state;
  std::optional<Policy> policy;  // absent if silent
  ConsoleTypeSet newly_denied;   // denied by this scope, and not by a broader one
  ConsoleTypeSet given_back;     // denied by a broader scope, and allowed by this one
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
  std::vector<ConsoleType> consoles;  // to try, in this order; empty: no console
  std::vector<DeniedType> denied;     // in the order of all_console_types
  // As `denied`, by the cloud, the domain and the project alone: what is denied on each instance of
  // the project unless a policy of the user or of the instance allows it.
  std::vector<DeniedType> denied_in_project;
  std::vector<ConsoleType> not_preferred;  // neither denied nor preferred by any scope, same order
  std::vector<ScopeStep> steps;  // the explanation: every scope of Facts::scopes, broad to narrow
};

Resolution resolve(const Facts& facts);

// The same by reference, for the hot path: copies only into the result, and leaves `steps` empty
// unless an explanation is requested. At most one scope of each kind, in any order.
struct ScopeFact {
  const Scope* scope;    // never null
  const Policy* policy;  // null: nothing is stored there
};
enum class Explained { no, yes };
Resolution resolve(const std::vector<ScopeFact>& scopes, const Policy& cloud_default, Timestamp now,
                   Explained explained);

}  // namespace console_policy
