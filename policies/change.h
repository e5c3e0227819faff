// SPDX-License-Identifier: Apache-2.0
// plan_write(), plan_removal(): whether a caller may make a given change to what a scope says.
//
// Contract: pure. Preferring and denying need only the right to write at the scope, which the route
//           has already checked. Giving back what somebody else denied needs the right to allow:
//           - writing a policy that has an `allow` list;
//           - replacing or removing a policy that denies, that has not expired, and that another
//             user wrote. Replacing it is refused also when the new policy keeps the deny: whoever
//             writes last is the author, and an author may lift what he wrote.
//           So whoever may only prefer and deny cannot undo somebody else's deny, in one write or
//           in several.
// Errors:   forbidden, with what would be needed.
// Threads:  free functions on values.
#pragma once

#include <optional>
#include <string>

#include "policies/policy.h"

namespace console_policy {

// What stands at the scope before the change.
struct StandingPolicy {
  Policy policy;
  std::string written_by;  // user id
};

struct Writer {
  std::string user_id;
  bool may_allow{false};
};

Status plan_write(const std::optional<StandingPolicy>& before, const Policy& after,
                  const Writer& writer, Timestamp now);
Status plan_removal(const StandingPolicy& before, const Writer& writer, Timestamp now);

}  // namespace console_policy
