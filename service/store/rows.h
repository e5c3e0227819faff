// SPDX-License-Identifier: Apache-2.0
// Rows of the tables, and the values that they stand for.
//
// Contract: columns() and bind_columns() name the same columns in the same order. Console types that
//           this version does not know are left out of a policy: a newer daemon may have written it
//           during an upgrade.
// Errors:   internal, naming the row by its key, when it is not what a daemon writes.
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

struct SeenRow {
  static constexpr long long unknown = -1;  // Nova's answer was not reported

  std::string console_type;
  std::string status;
  std::string host_id;
  long long instance_updated{0};
  long long seen_at{0};
  long long nova_status{unknown};
  long long milliseconds{unknown};

  static std::string columns();
  void bind_columns(soci::statement& statement);
};

// Adds the console types that are left out to `unknown`. Errors: invalid_request, without the key.
Result<Policy> to_policy(const std::string& body, std::vector<std::string>& unknown);
Result<StoredPolicy> to_stored_policy(const PolicyRow& row);
Result<Change> to_change(const ChangeRow& row);
Result<SeenType> to_seen_type(const SeenRow& row);
SeenRow to_row(const SeenType& seen);

long long to_microseconds(Timestamp time);
Timestamp from_microseconds(long long count);

// The text of a policy row's key, for messages.
std::string key_text(const std::string& scope, const std::string& owner_id,
                     const std::string& instance_id);

// Bind the columns and the values first.
inline void prepare(soci::statement& statement, const std::string& sql) {
  statement.alloc();
  statement.prepare(sql);
  statement.define_and_bind();
}

// All rows of the statement; `row` is where its columns are bound. A SELECT that is not read to its
// end would keep its session in an old snapshot.
template <class Row>
std::vector<Row> fetch_all(soci::statement& statement, const Row& row) {
  std::vector<Row> rows;
  for (bool got = statement.execute(true); got; got = statement.fetch()) rows.push_back(row);
  return rows;
}

}  // namespace console_policy::store
