// SPDX-License-Identifier: Apache-2.0
#include "service/store/lookup_statement.h"

#include <utility>

namespace console_policy::store {

std::string LookupStatement::text() {
  // The counter comes as a row with the columns of a policy and no scope. A branch for each scope
  // makes each of them a search by primary key, on every database.
  std::string sql = "SELECT '', '', '', '', revision, 0, 0, '' FROM revision_counter WHERE id = 1";
  for (std::size_t i = 0; i < max_scopes; ++i) {
    sql.append(" UNION ALL SELECT ").append(PolicyRow::columns());
    sql.append(" FROM policy WHERE ").append(ScopeKeys::condition(i));
  }
  return sql;
}

LookupStatement::LookupStatement(soci::session& sql) : statement_(sql) {
  row_.bind_columns(statement_);
  keys_.bind(statement_);
  prepare(statement_, text());
}

LookupStatement::Rows LookupStatement::run(const std::vector<Scope>& scopes) {
  keys_.set(scopes);
  Rows rows;
  for (PolicyRow& row : fetch_all(statement_, row_)) {
    if (row.scope.empty()) {
      rows.revision = row.revision;
    } else {
      rows.policies.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace console_policy::store
