// SPDX-License-Identifier: Apache-2.0
// Statements and rows: SOCI as this folder uses it, and the values that rows represent.
//
// Contract: rows are read to the end, because a SELECT that is left half read keeps its session in
//           an old snapshot. Console types that this version does not know are left out of a
//           policy: a newer daemon may have written it during an upgrade.
// Errors:   internal, naming the row by its key, when it is not what a daemon writes. Statements
//           let soci::soci_error through.
// Threads:  as the session: one at a time.
#pragma once

#include <soci/soci.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "service/store/store.h"

namespace console_policy::store {

// Of an INSERT of many rows.
constexpr std::size_t rows_of_a_statement = 100;

// A value of a statement; monostate is NULL.
using Value = std::variant<std::monostate, long long, std::string>;
using Values = std::vector<Value>;

// A statement in which each "?" is a placeholder for the next value.
struct Query {
  std::string text;
  Values values;

  void add(std::string_view more, const Values& its_values = {});
};

// A column that may be NULL.
struct Nullable {
  std::string text;
  soci::indicator state{soci::i_null};

  std::optional<std::string> value() const;
};

inline void bind_column(soci::statement& statement, std::string& column) {
  statement.exchange(soci::into(column));
}
inline void bind_column(soci::statement& statement, long long& column) {
  statement.exchange(soci::into(column));
}
inline void bind_column(soci::statement& statement, Nullable& column) {
  statement.exchange(soci::into(column.text, column.state));
}

// A row of a SELECT has a member bind(statement), which binds its columns in order.
template <class... Columns>
void bind_columns(soci::statement& statement, Columns&... columns) {
  (bind_column(statement, columns), ...);
}

// Prepares the statement and executes it; the query must live as long. True when there is a row.
bool run(soci::statement& statement, const Query& query);

// How many rows were changed.
long long execute(soci::session& sql, const Query& query);

template <class Row, class Take>
void for_each_row(soci::session& sql, const Query& query, Row row, const Take& take) {
  soci::statement statement(sql);
  row.bind(statement);
  for (bool got = run(statement, query); got; got = statement.fetch()) take(row);
}

template <class Row>
std::vector<Row> select(soci::session& sql, const Query& query) {
  std::vector<Row> rows;
  for_each_row(sql, query, Row{}, [&rows](const Row& row) { rows.push_back(row); });
  return rows;
}

// The first column of each row, or of the first row; nothing when it is NULL or there is none.
std::vector<std::string> select_texts(soci::session& sql, const Query& query);
std::optional<std::string> select_text(soci::session& sql, const Query& query);
std::optional<long long> select_number(soci::session& sql, const Query& query);

struct PolicyRow {
  std::string scope;
  std::string owner_id;
  std::string instance_id;
  std::string body;
  long long revision{0};
  long long created_at{0};
  long long updated_at{0};
  std::string updated_by;

  static constexpr const char* columns =
      "scope, owner_id, instance_id, body, revision, created_at, updated_at, updated_by";
  void bind(soci::statement& statement);
};

struct ChangeRow {
  long long revision{0};
  std::string change_id;
  long long changed_at{0};
  std::string action;
  std::string scope;
  std::string owner_id;
  std::string instance_id;
  std::string request_id;
  std::string user_id;
  Nullable before_body;
  Nullable after_body;

  static constexpr const char* columns =
      "revision, change_id, changed_at, action, scope, owner_id, instance_id, request_id, user_id, "
      "before_body, after_body";
  void bind(soci::statement& statement);
};

// Adds the console types that are left out to `unknown`. Errors: invalid_request, without the key.
Result<Policy> to_policy(const std::string& body, std::vector<std::string>& unknown);
Result<std::vector<StoredPolicy>> to_policies(const std::vector<PolicyRow>& rows);
Result<std::vector<Change>> to_changes(const std::vector<ChangeRow>& rows);

// The text of a policy row's key, for messages.
std::string key_text(const std::string& scope, const std::string& owner_id,
                     const std::string& instance_id);
// The key of a policy row, as the values of a statement.
Values key_values(const Scope& scope);

long long to_microseconds(Timestamp time);
Timestamp from_microseconds(long long count);
Timestamp now();

}  // namespace console_policy::store
