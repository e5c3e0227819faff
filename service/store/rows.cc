// SPDX-License-Identifier: Apache-2.0
#include "service/store/rows.h"

#include <chrono>
#include <optional>
#include <utility>

#include "service/codec/policy_text.h"

namespace console_policy::store {
namespace {

Error broken_row(const std::string& which, const std::string& what) {
  return Error{ErrorCode::internal, "a stored row cannot be read",
               "database row " + which + " is broken: " + what};
}

std::string key_of(const PolicyRow& row) {
  return key_text(row.scope, row.owner_id, row.instance_id);
}

Result<std::optional<Policy>> optional_policy(const std::string& body, soci::indicator present,
                                              const std::string& which) {
  if (present == soci::i_null) return std::optional<Policy>();
  std::vector<std::string> unknown;
  Result<Policy> policy = to_policy(body, unknown);
  if (!policy.ok()) return broken_row(which, policy.error().message);
  return std::optional<Policy>(std::move(policy).value());
}

std::string observation_of(const SeenRow& row) {
  return "availability (console_type '" + row.console_type + "')";
}

std::optional<int> known(long long number) {
  if (number < 0) return std::nullopt;
  return static_cast<int>(number);
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

std::string key_text(const std::string& scope, const std::string& owner_id,
                     const std::string& instance_id) {
  return "policy (scope '" + scope + "', owner_id '" + owner_id + "', instance_id '" + instance_id +
         "')";
}

Result<Policy> to_policy(const std::string& body, std::vector<std::string>& unknown) {
  return codec::stored_policy_from_text(body, unknown);
}

Result<StoredPolicy> to_stored_policy(const PolicyRow& row) {
  Result<Scope> scope = Scope::parse(row.scope, row.owner_id, row.instance_id);
  if (!scope.ok()) return broken_row(key_of(row), scope.error().message);
  std::vector<std::string> unknown;
  Result<Policy> policy = to_policy(row.body, unknown);
  if (!policy.ok()) return broken_row(key_of(row), policy.error().message);
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

std::string SeenRow::columns() {
  return "console_type, status, host_id, instance_updated, seen_at, nova_status, milliseconds";
}

void SeenRow::bind_columns(soci::statement& statement) {
  statement.exchange(soci::into(console_type));
  statement.exchange(soci::into(status));
  statement.exchange(soci::into(host_id));
  statement.exchange(soci::into(instance_updated));
  statement.exchange(soci::into(seen_at));
  statement.exchange(soci::into(nova_status));
  statement.exchange(soci::into(milliseconds));
}

Result<SeenType> to_seen_type(const SeenRow& row) {
  const std::optional<ConsoleType> type = parse_console_type(row.console_type);
  if (!type) return broken_row(observation_of(row), "no such console type");
  const std::optional<AvailabilityStatus> status = parse_availability_status(row.status);
  if (!status) return broken_row(observation_of(row), "unknown status");
  const Status host_id = check_host_id(row.host_id);
  if (!host_id.ok()) return broken_row(observation_of(row), "host_id: " + host_id.error().message);
  return SeenType{*type, *status, Fingerprint{from_microseconds(row.instance_updated), row.host_id},
                  from_microseconds(row.seen_at),
                  NovaAnswer{known(row.nova_status), known(row.milliseconds)}};
}

SeenRow to_row(const SeenType& seen) {
  SeenRow row;
  row.console_type = name(seen.type);
  row.status = name(seen.status);
  row.host_id = seen.fingerprint.host_id;
  row.instance_updated = to_microseconds(seen.fingerprint.instance_updated);
  row.seen_at = to_microseconds(seen.seen_at);
  row.nova_status = seen.answer.status.value_or(SeenRow::unknown);
  row.milliseconds = seen.answer.milliseconds.value_or(SeenRow::unknown);
  return row;
}

long long to_microseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

Timestamp from_microseconds(long long count) {
  return Timestamp(std::chrono::microseconds(count));
}

}  // namespace console_policy::store
