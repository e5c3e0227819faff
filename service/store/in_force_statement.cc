// SPDX-License-Identifier: Apache-2.0
#include "service/store/in_force_statement.h"

#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {

std::string InForceStatement::text() {
  // A branch for each scope makes each of them a search by primary key, on every database.
  std::string sql = "SELECT 0, '', revision FROM revision_counter WHERE id = 1";
  for (std::size_t i = 0; i < max_scopes; ++i) {
    sql.append(" UNION ALL SELECT ").append(std::to_string(i + 1)).append(", body, 0");
    sql.append(" FROM policy WHERE ").append(ScopeKeys::condition(i));
  }
  return sql;
}

InForceStatement::InForceStatement(soci::session& sql) : statement_(sql) {
  statement_.exchange(soci::into(which_));
  statement_.exchange(soci::into(body_));
  statement_.exchange(soci::into(revision_));
  keys_.bind(statement_);
  prepare(statement_, text());
}

InForceStatement::Rows InForceStatement::run(const std::vector<Scope>& scopes) {
  keys_.set(scopes);
  Rows rows;
  for (bool got = statement_.execute(true); got; got = statement_.fetch()) {
    if (which_ == 0) {
      rows.revision = revision_;
    } else {
      rows.bodies[static_cast<std::size_t>(which_ - 1)] = body_;
    }
  }
  return rows;
}

}  // namespace console_policy::store
