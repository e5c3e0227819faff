// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/soci_store.h"

namespace console_policy::store {

std::string changes_sql(ListOwner owner) {
  std::string sql = "SELECT " + ChangeRow::columns() + " FROM change_log WHERE revision < :before";
  // A domain or a user may bear the same id as the project.
  if (owner == ListOwner::one_project) {
    sql += " AND owner_id = :project AND scope IN ('project', 'instance')";
  }
  return sql + " ORDER BY revision DESC LIMIT :count";
}

Result<std::vector<Change>> SociStore::changes(const std::optional<std::string>& project_id,
                                               std::optional<Revision> before, std::size_t limit) {
  return without_exceptions(path_, [&]() -> Result<std::vector<Change>> {
    std::optional<SessionPool::Lease> lease = pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    const long long below = before.value_or(std::numeric_limits<Revision>::max());
    const auto count = static_cast<long long>(limit);
    ChangeRow row;
    std::vector<Change> page;
    soci::statement statement(lease->session().sql());
    row.bind_columns(statement);
    statement.exchange(soci::use(below));
    if (project_id) statement.exchange(soci::use(*project_id));
    statement.exchange(soci::use(count));
    prepare(statement, changes_sql(project_id ? ListOwner::one_project : ListOwner::any));
    for (const ChangeRow& found : fetch_all(statement, row)) {
      Result<Change> change = to_change(found);
      if (!change.ok()) return std::move(change).error();
      page.push_back(std::move(change).value());
    }
    return page;
  });
}

}  // namespace console_policy::store
