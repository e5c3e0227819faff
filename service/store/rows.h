// SPDX-License-Identifier: Apache-2.0
// Rows of the tables policy and change_log, and the values that they stand for.
//
// Contract: columns() and bind_columns() name the same columns in the same order.
// Errors:   internal, naming the row (its scope or its revision), when a row is not what this
// program
//           writes.
// Threads:  plain values.
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "service/store/store.h"

namespace console_policy::store {

struct PolicyRow {
  std::string scope;
  std::string owner_id;
  std::string instance_id;
  std::string body;
  long long revision{0};
  long long created_at{0};
  long long updated_at{0};
  std::string updated_by;

  static std::string columns();
  void bind_columns(soci::statement& statement);
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
  std::string before_body;
  soci::indicator before_present{soci::i_null};
  std::string after_body;
  soci::indicator after_present{soci::i_null};

  static std::string columns();
  void bind_columns(soci::statement& statement);
};

// What the body of the policy of that scope says.
Result<Policy> to_policy(const std::string& body, const Scope& scope);
// `body`: what the row's body says, where that is known already; else it is read.
Result<StoredPolicy> to_stored_policy(const PolicyRow& row, const Policy* body = nullptr);
Result<Change> to_change(const ChangeRow& row);

long long to_microseconds(Timestamp time);
Timestamp from_microseconds(long long count);

// Makes a statement ready: bind the columns and the values first.
inline void prepare(soci::statement& statement, const std::string& sql) {
  statement.alloc();
  statement.prepare(sql);
  statement.define_and_bind();
}

// Every row that the statement gives; `row` is where its columns are bound.
// Fetches until there is no more: a SELECT that is left half read keeps its session in the past.
template <class Row>
std::vector<Row> fetch_all(soci::statement& statement, const Row& row) {
  std::vector<Row> rows;
  for (bool got = statement.execute(true); got; got = statement.fetch()) rows.push_back(row);
  return rows;
}

}  // namespace console_policy::store
