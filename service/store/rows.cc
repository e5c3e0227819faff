// SPDX-License-Identifier: Apache-2.0
#include "service/store/rows.h"

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "service/codec/policy_text.h"

namespace console_policy::store {
namespace {

Error broken_row(const std::string& which, const std::string& what) {
  return Error{ErrorCode::internal, "a stored policy cannot be read",
               "database row " + which + " is broken: " + what};
}

std::string scope_words(const std::string& scope, const std::string& owner_id,
                        const std::string& instance_id) {
  return "policy (scope '" + scope + "', owner_id '" + owner_id + "', instance_id '" + instance_id +
         "')";
}

std::string words_of(const PolicyRow& row) {
  return scope_words(row.scope, row.owner_id, row.instance_id);
}

Result<std::optional<Policy>> optional_policy(const std::string& body, soci::indicator present,
                                              const std::string& which) {
  if (present == soci::i_null) return std::optional<Policy>();
  Result<Policy> policy = codec::policy_from_text(body);
  if (!policy.ok()) return broken_row(which, policy.error().message);
  return std::optional<Policy>(std::move(policy).value());
}

}  // namespace

std::string PolicyRow::columns() {
  return "scope, owner_id, instance_id, body, revision, created_at, updated_at, updated_by";
}

void PolicyRow::bind_columns(soci::statement& statement) {
  statement.exchange(soci::into(scope));
  statement.exchange(soci::into(owner_id));
  statement.exchange(soci::into(instance_id));
  statement.exchange(soci::into(body));
  statement.exchange(soci::into(revision));
  statement.exchange(soci::into(created_at));
  statement.exchange(soci::into(updated_at));
  statement.exchange(soci::into(updated_by));
}

std::string ChangeRow::columns() {
  return "revision, change_id, changed_at, action, scope, owner_id, instance_id, request_id, "
         "user_id, before_body, after_body";
}

void ChangeRow::bind_columns(soci::statement& statement) {
  statement.exchange(soci::into(revision));
  statement.exchange(soci::into(change_id));
  statement.exchange(soci::into(changed_at));
  statement.exchange(soci::into(action));
  statement.exchange(soci::into(scope));
  statement.exchange(soci::into(owner_id));
  statement.exchange(soci::into(instance_id));
  statement.exchange(soci::into(request_id));
  statement.exchange(soci::into(user_id));
  statement.exchange(soci::into(before_body, before_present));
  statement.exchange(soci::into(after_body, after_present));
}

Result<Policy> to_policy(const std::string& body, const Scope& scope) {
  Result<Policy> policy = codec::policy_from_text(body);
  if (policy.ok()) return policy;
  return broken_row(
      scope_words(std::string(name(scope.kind())), scope.owner_id(), scope.instance_id()),
      policy.error().message);
}

Result<StoredPolicy> to_stored_policy(const PolicyRow& row, const Policy* body) {
  Result<Scope> scope = Scope::parse(row.scope, row.owner_id, row.instance_id);
  if (!scope.ok()) return broken_row(words_of(row), scope.error().message);
  Result<Policy> policy = body != nullptr ? *body : codec::policy_from_text(row.body);
  if (!policy.ok()) return broken_row(words_of(row), policy.error().message);
  return StoredPolicy{
      std::move(scope).value(),          std::move(policy).value(),         row.revision,
      from_microseconds(row.created_at), from_microseconds(row.updated_at), row.updated_by};
}

Result<Change> to_change(const ChangeRow& row) {
  const std::string which = "change_log (revision " + std::to_string(row.revision) + ")";
  const std::optional<Action> action = parse_action(row.action);
  if (!action) return broken_row(which, "unknown action");
  Result<Scope> scope = Scope::parse(row.scope, row.owner_id, row.instance_id);
  if (!scope.ok()) return broken_row(which, scope.error().message);
  Result<std::optional<Policy>> before =
      optional_policy(row.before_body, row.before_present, which);
  if (!before.ok()) return std::move(before).error();
  Result<std::optional<Policy>> after = optional_policy(row.after_body, row.after_present, which);
  if (!after.ok()) return std::move(after).error();
  return Change{row.revision,
                row.change_id,
                from_microseconds(row.changed_at),
                *action,
                std::move(scope).value(),
                row.request_id,
                row.user_id,
                std::move(before).value(),
                std::move(after).value()};
}

long long to_microseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

Timestamp from_microseconds(long long count) {
  return Timestamp(std::chrono::microseconds(count));
}

}  // namespace console_policy::store
