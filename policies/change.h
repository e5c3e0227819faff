// SPDX-License-Identifier: Apache-2.0
// plan_write(), plan_removal(): whether a caller may change the policy of a scope.
//
// Contract: pure. Rule R12 of policies/README.md. `prefer` and `deny` need only the right to
//           write at the scope, which the route has already checked. The right policies:allow is
//           needed for:
//           - a policy that has an `allow` list;
//           - replacing or removing a policy that denies, has not expired, and was written by
//             another user. This includes a replacement that keeps the deny: the last writer is
//             the author, and an author may lift his own deny.
//           So a caller without it cannot undo another user's deny, in one write or in several.
// Errors:   forbidden, with the right that is missing.
// Threads:  free functions on values.
#pragma once

#include <optional>
#include <string_view>

#include "policies/policy.h"

namespace console_policy {

// The policy of the scope before the change. A view: the caller owns the policy and the id.
struct StandingPolicy {
  StandingPolicy(const Policy& stored, std::string_view user_id)
      : policy(&stored), written_by(user_id) {}
  StandingPolicy(const Policy&& stored, std::string_view user_id) = delete;

  const Policy* policy;
  std::string_view written_by;  // user id
};

struct Writer {
  std::string_view user_id;  // a view
  bool may_allow{false};
};

Status plan_write(const std::optional<StandingPolicy>& before, const Policy& after,
                  const Writer& writer, Timestamp now);
Status plan_removal(const StandingPolicy& before, const Writer& writer, Timestamp now);

}  // namespace console_policy
