// SPDX-License-Identifier: Apache-2.0
#include "policies/change.h"

namespace console_policy {
namespace {

Error forbidden(std::string message) {
  return Error{ErrorCode::forbidden, std::move(message), {}};
}

// Whether the stored policy holds a deny that this writer may not lift.
bool guarded(const StandingPolicy& before, const Writer& writer, Timestamp now) {
  return !writer.may_allow && before.written_by != writer.user_id && !before.policy->expired(now) &&
         !before.policy->denied().empty();
}

}  // namespace

Status plan_write(const std::optional<StandingPolicy>& before, const Policy& after,
                  const Writer& writer, Timestamp now) {
  if (!after.allow.empty() && !writer.may_allow) {
    return forbidden("policy.allow: giving back what a broader scope denied needs policies:allow");
  }
  if (before && guarded(*before, writer, now)) {
    return forbidden(
        "policy: the policy that stands here denies, and another user wrote it: replacing it needs "
        "policies:allow");
  }
  return Success{};
}

Status plan_removal(const StandingPolicy& before, const Writer& writer, Timestamp now) {
  if (guarded(before, writer, now)) {
    return forbidden(
        "policy: the policy that stands here denies, and another user wrote it: removing it needs "
        "policies:allow");
  }
  return Success{};
}

}  // namespace console_policy
