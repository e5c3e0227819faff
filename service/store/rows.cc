// SPDX-License-Identifier: Apache-2.0
#include "service/store/rows.h"

#include <chrono>
#include <utility>

#include "service/codec/policy_text.h"

namespace console_policy::store {
namespace {

struct OneText {
  std::string text;
  void bind(soci::statement& statement) { bind_columns(statement, text); }
};

struct OneNumber {
  long long number{0};
  soci::indicator state{soci::i_null};
  void bind(soci::statement& statement) { statement.exchange(soci::into(number, state)); }
};

Error broken_row(const std::string& which, const std::string& what) {
  return Error{ErrorCode::internal, "a stored row cannot be read",
               "database row " + which + " is broken: " + what};
}

Result<std::optional<Policy>> optional_policy(const Nullable& body) {
  if (body.state == soci::i_null) return std::optional<Policy>();
  std::vector<std::string> unknown;
  Result<Policy> policy = to_policy(body.text, unknown);
  if (!policy.ok()) return std::move(policy).error();
  return std::optional<Policy>(std::move(policy).value());
}

Result<Change> to_change(const ChangeRow& row) {
  const std::optional<Action> action = parse_action(row.action);
  if (!action) return invalid_request("unknown action");
  Result<Scope> scope = Scope::parse(row.scope, row.owner_id, row.instance_id);
  if (!scope.ok()) return std::move(scope).error();
  Result<std::optional<Policy>> before = optional_policy(row.before_body);
  if (!before.ok()) return std::move(before).error();
  Result<std::optional<Policy>> after = optional_policy(row.after_body);
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

Result<StoredPolicy> to_stored_policy(const PolicyRow& row) {
  Result<Scope> scope = Scope::parse(row.scope, row.owner_id, row.instance_id);
  if (!scope.ok()) return std::move(scope).error();
  std::vector<std::string> unknown;
  Result<Policy> policy = to_policy(row.body, unknown);
  if (!policy.ok()) return std::move(policy).error();
  return StoredPolicy{
      std::move(scope).value(),          std::move(policy).value(),         row.revision,
      from_microseconds(row.created_at), from_microseconds(row.updated_at), row.updated_by};
}

}  // namespace

std::optional<std::string> Nullable::value() const {
  return state == soci::i_null ? std::nullopt : std::optional<std::string>(text);
}

void Query::add(std::string_view more, const Values& its_values) {
  text += more;
  values.insert(values.end(), its_values.begin(), its_values.end());
}

bool run(soci::statement& statement, const Query& query) {
  static const std::string no_text;
  static soci::indicator null = soci::i_null;
  for (const Value& value : query.values) {
    if (const auto* const number = std::get_if<long long>(&value)) {
      statement.exchange(soci::use(*number));
    } else if (const auto* const text = std::get_if<std::string>(&value)) {
      statement.exchange(soci::use(*text));
    } else {
      statement.exchange(soci::use(no_text, null));
    }
  }
  // SOCI knows named values only.
  std::string named;
  std::size_t number = 0;
  for (const char c : query.text) {
    if (c == '?') {
      named += ":v" + std::to_string(number++);
    } else {
      named += c;
    }
  }
  statement.alloc();
  statement.prepare(named);
  statement.define_and_bind();
  return statement.execute(true);
}

long long execute(soci::session& sql, const Query& query) {
  soci::statement statement(sql);
  run(statement, query);
  return statement.get_affected_rows();
}

std::vector<std::string> select_texts(soci::session& sql, const Query& query) {
  std::vector<std::string> texts;
  for_each_row(sql, query, OneText{}, [&](const OneText& row) { texts.push_back(row.text); });
  return texts;
}

std::optional<std::string> select_text(soci::session& sql, const Query& query) {
  const std::vector<std::string> texts = select_texts(sql, query);
  return texts.empty() ? std::nullopt : std::optional<std::string>(texts.front());
}

std::optional<long long> select_number(soci::session& sql, const Query& query) {
  const std::vector<OneNumber> rows = select<OneNumber>(sql, query);
  if (rows.empty() || rows.front().state == soci::i_null) return std::nullopt;
  return rows.front().number;
}

void PolicyRow::bind(soci::statement& statement) {
  bind_columns(statement, scope, owner_id, instance_id, body, revision, created_at, updated_at,
               updated_by);
}

void ChangeRow::bind(soci::statement& statement) {
  bind_columns(statement, revision, change_id, changed_at, action, scope, owner_id, instance_id,
               request_id, user_id, before_body, after_body);
}

Result<Policy> to_policy(const std::string& body, std::vector<std::string>& unknown) {
  return codec::stored_policy_from_text(body, unknown);
}

Result<std::vector<StoredPolicy>> to_policies(const std::vector<PolicyRow>& rows) {
  std::vector<StoredPolicy> policies;
  for (const PolicyRow& row : rows) {
    Result<StoredPolicy> policy = to_stored_policy(row);
    if (!policy.ok()) {
      return broken_row(key_text(row.scope, row.owner_id, row.instance_id), policy.error().message);
    }
    policies.push_back(std::move(policy).value());
  }
  return policies;
}

Result<std::vector<Change>> to_changes(const std::vector<ChangeRow>& rows) {
  std::vector<Change> changes;
  for (const ChangeRow& row : rows) {
    Result<Change> change = to_change(row);
    if (!change.ok()) {
      return broken_row("change_log (revision " + std::to_string(row.revision) + ")",
                        change.error().message);
    }
    changes.push_back(std::move(change).value());
  }
  return changes;
}

std::string key_text(const std::string& scope, const std::string& owner_id,
                     const std::string& instance_id) {
  return "policy (scope '" + scope + "', owner_id '" + owner_id + "', instance_id '" + instance_id +
         "')";
}

Values key_values(const Scope& scope) {
  return {std::string(name(scope.kind())), scope.owner_id(), scope.instance_id()};
}

long long to_microseconds(Timestamp time) {
  return time.time_since_epoch().count();
}

Timestamp from_microseconds(long long count) {
  return Timestamp(std::chrono::microseconds(count));
}

Timestamp now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace console_policy::store
