// SPDX-License-Identifier: Apache-2.0
#include "service/api/writing.h"

#include "service/api/answer.h"
#include "service/api/routes.h"
#include "service/platform/random.h"

namespace console_policy::api {

Target target_of(const Scope& scope) {
  switch (scope.kind()) {
    case ScopeKind::cloud:
      return {};
    case ScopeKind::domain:
      return {{"domain_id", scope.owner_id()}};
    case ScopeKind::project:
      return {{"project_id", scope.owner_id()}};
    case ScopeKind::user:
      return {{"user_id", scope.owner_id()}};
    case ScopeKind::instance:
      return {{"project_id", scope.owner_id()}, {"instance_id", scope.instance_id()}};
  }
  return {};
}

Status check_right(const Call& call, const Scope& scope, bool writes) {
  const std::string_view rule = rule_of(writes ? "PUT" : "DELETE", scope.kind());
  if (call.access.allows(rule, call.caller.credentials(), target_of(scope))) return Success{};
  return not_allowed(rule);
}

Status plan(const Call& call, const Scope& scope, const std::optional<Policy>& after,
            const std::optional<StoredPolicy>& before, Timestamp now) {
  const bool may_allow =
      call.access.allows(allow_rule, call.caller.credentials(), target_of(scope));
  const Writer writer{call.caller.user_id, may_allow};
  std::optional<StandingPolicy> standing;
  if (before.has_value()) standing = StandingPolicy{before->policy, before->updated_by};
  if (after.has_value()) return plan_write(standing, *after, writer, now);
  if (standing.has_value()) return plan_removal(*standing, writer, now);
  // Not 404: the resource that the path names exists (api-sig, http/response-codes.rst).
  return invalid_request(nothing_stored(scope.kind()).message);
}

Status check_preconditions(const Preconditions& conditions,
                           const std::optional<StoredPolicy>& before) {
  if (!conditions.if_match && !conditions.if_none_match) return Success{};
  std::optional<std::string> current;
  if (before.has_value()) current = tag_of(before->revision);
  if (!if_match_holds(conditions, current)) {
    return Error{ErrorCode::precondition_failed,
                 current.has_value() ? "If-Match: what is there has the tag " + *current + " now."
                                     : "If-Match: no policy is stored there.",
                 {}};
  }
  if (!if_none_match_holds(conditions, current)) {
    return Error{ErrorCode::precondition_failed,
                 "If-None-Match: a policy is stored there, with the tag " + *current + ".",
                 {}};
  }
  return Success{};
}

store::Author author_of(const Call& call, Timestamp now) {
  return store::Author{call.caller.user_id, call.request_id, platform::random_uuid(now), now};
}

}  // namespace console_policy::api
