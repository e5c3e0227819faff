// SPDX-License-Identifier: Apache-2.0
// Policy: the preferred, denied and allowed console types of one scope.
//
// Contract: a plain value; check_policy() checks whether it may be stored at a scope.
// Units:    Timestamp is UTC, microseconds since 1970-01-01. reason: UTF-8, at most
//           max_reason_bytes bytes, no control characters (the decoder has already refused invalid
//           UTF-8).
// Threads:  a plain value.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "policies/console_type.h"
#include "policies/result.h"
#include "policies/scope.h"

namespace console_policy {

using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

inline constexpr std::size_t max_reason_bytes = 500;

struct Policy {
  std::vector<ConsoleType> prefer;  // in order, without repetition
  ConsoleTypeSet deny;
  bool deny_all{false};  // deny: [ALL], which also covers types that a later release adds
  ConsoleTypeSet allow;  // allowed although a broader scope denied them
  std::optional<std::string> reason;
  std::optional<Timestamp> expires_at;

  // The denied types, with ALL expanded.
  ConsoleTypeSet denied() const { return deny_all ? ConsoleTypeSet::all() : deny; }
  bool expired(Timestamp now) const { return expires_at.has_value() && *expires_at <= now; }

  friend bool operator==(const Policy& a, const Policy& b);
  friend bool operator!=(const Policy& a, const Policy& b) { return !(a == b); }
};

// Success when `policy` may be stored at a scope of that kind at that time. Refused, each with the
// field and the fault ("policy.deny: …"): a type preferred twice; preferred and denied; allowed
// and denied; deny_all together with single types; a user scope that denies or allows; a cloud
// scope that allows (there is nothing broader) or that neither prefers anything nor denies ALL (it
// replaces the shipped default completely); a policy without any entry; a reason that is too long,
// empty or has control characters; an expiry that is not in the future.
Status check_policy(const Policy& policy, ScopeKind kind, Timestamp now);

}  // namespace console_policy
