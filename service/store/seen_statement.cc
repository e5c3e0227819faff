// SPDX-License-Identifier: Apache-2.0
#include "service/store/seen_statement.h"

#include "service/store/rows.h"

namespace console_policy::store {

std::string SeenStatement::text() {
  return "SELECT " + SeenRow::columns() +
         " FROM availability WHERE project_id = :project AND instance_id = :instance";
}

SeenStatement::SeenStatement(soci::session& sql) : statement_(sql) {
  row_.bind_columns(statement_);
  statement_.exchange(soci::use(project_id_));
  statement_.exchange(soci::use(instance_id_));
  prepare(statement_, text());
}

std::vector<SeenRow> SeenStatement::run(const std::string& project_id,
                                        const std::string& instance_id) {
  project_id_ = project_id;
  instance_id_ = instance_id;
  return fetch_all(statement_, row_);
}

}  // namespace console_policy::store
