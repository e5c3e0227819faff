// SPDX-License-Identifier: Apache-2.0
#include "service/api/restore.h"

#include <utility>

#include "service/api/answer.h"
#include "service/api/changes.h"
#include "service/api/writing.h"
#include "service/codec/messages.h"
#include "service/codec/policy_text.h"

namespace console_policy::api {
namespace {

// The policy to put back; nothing if none was stored.
Result<std::optional<Policy>> wanted(const Call& call, const Change& change) {
  const std::string to = find(call.query, "to").value_or("before");
  if (to == "before") return change.before;
  if (to == "after") return change.after;
  return invalid_request("to: before or after is expected");
}

std::string text_of(const Policy* policy) {
  return policy == nullptr ? "none" : codec::policy_to_text(*policy);
}

Status check_unchanged(const Change& change, const std::optional<StoredPolicy>& current) {
  const bool unchanged =
      current.has_value() ? current->revision == change.revision : !change.after.has_value();
  if (unchanged) return Success{};
  std::string message =
      "The policy has changed since revision " + std::to_string(change.revision) +
      ". It was then: " + text_of(change.after.has_value() ? &*change.after : nullptr) + "; now: ";
  if (current.has_value()) {
    message +=
        text_of(&current->policy) + ". To replace it, send If-Match: " + tag_of(current->revision);
  } else {
    message += "none. To store it, send If-None-Match: *";
  }
  return Error{ErrorCode::conflict, message + ".", {}};
}

Status check_current(const Change& change, const Preconditions& conditions,
                     const std::optional<StoredPolicy>& current) {
  const bool conditional = conditions.if_match.has_value() || conditions.if_none_match.has_value();
  return conditional ? check_preconditions(conditions, current) : check_unchanged(change, current);
}

Result<http::Response> put_back(const Call& call, const Change& change, const Policy& policy,
                                const Preconditions& conditions, Timestamp now) {
  Status storable = check_policy(policy, change.scope.kind(), now);
  if (!storable.ok()) return std::move(storable).error();
  const auto guard = [&](const std::optional<StoredPolicy>& current) -> Status {
    Status planned = plan(call, change.scope, policy, current, now);
    return planned.ok() ? check_current(change, conditions, current) : planned;
  };
  Result<StoredPolicy> stored =
      call.services.store.put(change.scope, policy, author_of(call, now), guard);
  if (!stored.ok()) return std::move(stored).error();
  return tagged_answer(200, codec::encode_policy(stored.value()), tag_of(stored.value().revision));
}

Result<http::Response> remove(const Call& call, const Change& change,
                              const Preconditions& conditions, Timestamp now) {
  const auto guard = [&](const std::optional<StoredPolicy>& current) -> Status {
    Status planned = plan(call, change.scope, std::nullopt, current, now);
    return planned.ok() ? check_current(change, conditions, current) : planned;
  };
  Status removed = call.services.store.remove(change.scope, author_of(call, now), guard);
  // Nothing is stored, which is what the caller wants.
  if (!removed.ok() && removed.error().code == ErrorCode::not_found) {
    removed = check_preconditions(conditions, std::nullopt);
  }
  if (!removed.ok()) return std::move(removed).error();
  http::Response answer;
  answer.status = 204;
  return answer;
}

}  // namespace

Result<http::Response> restore_change(const Call& call) {
  if (!call.request.body.empty()) return invalid_request("No body is expected.");
  Result<Change> change = change_in_path(call);
  if (!change.ok()) return std::move(change).error();
  Result<std::optional<Policy>> policy = wanted(call, change.value());
  if (!policy.ok()) return std::move(policy).error();
  Result<Preconditions> conditions = preconditions_of(call.request.headers);
  if (!conditions.ok()) return std::move(conditions).error();
  Status right = check_right(call, change.value().scope, policy.value().has_value());
  if (!right.ok()) return std::move(right).error();

  const Timestamp now = call.services.clock();
  if (!policy.value().has_value()) return remove(call, change.value(), conditions.value(), now);
  return put_back(call, change.value(), *policy.value(), conditions.value(), now);
}

}  // namespace console_policy::api
