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
#include <string_view>

#include "policies/policy.h"

namespace console_policy {

// What stands at the scope before the change. A view of what somebody else keeps.
struct StandingPolicy {
  StandingPolicy(const Policy& stored, std::string_view user_id)
      : policy(&stored), written_by(user_id) {}
  StandingPolicy(const Policy&& stored, std::string_view user_id) = delete;

  const Policy* policy;
  std::string_view written_by;  // user id
};

struct Writer {
  std::string_view user_id;  // somebody else's
  bool may_allow{false};
};

Status plan_write(const std::optional<StandingPolicy>& before, const Policy& after,
                  const Writer& writer, Timestamp now);
Status plan_removal(const StandingPolicy& before, const Writer& writer, Timestamp now);

}  // namespace console_policy
