// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/soci_store.h"

namespace console_policy::store {
namespace {

// Before the first place and behind the last one, as the direction goes.
UpdatePlace beginning(Direction direction) {
  if (direction == Direction::ascending) return {Timestamp::min(), 0};
  return {Timestamp::max(), std::numeric_limits<Revision>::max()};
}

// No policy of a project is a domain's, a user's or the cloud's.
bool is_empty(const PolicyFilter& filter) {
  return filter.project_id && filter.kind && *filter.kind != ScopeKind::project &&
         *filter.kind != ScopeKind::instance;
}

}  // namespace

std::string list_by_update_sql(const PolicyFilter& filter, Direction direction) {
  const bool up = direction == Direction::ascending;
  const std::string beyond = up ? ">" : "<";
  const std::string order = up ? " ASC" : " DESC";
  // The first comparison is the search, the others take off what stands before the place.
  std::string sql = "SELECT " + PolicyRow::columns() + " FROM policy WHERE updated_at " + beyond +
                    "= :updated_at AND (updated_at " + beyond + " :same_updated_at OR revision " +
                    beyond + " :revision)";
  // A plus keeps the database from searching by that column: another one finds fewer rows.
  if (filter.project_id) {
    sql += " AND owner_id = :project AND +scope IN ('project', 'instance')";
  }
  if (filter.kind) sql += filter.project_id ? " AND +scope = :scope" : " AND scope = :scope";
  return sql + " ORDER BY updated_at" + order + ", revision" + order + " LIMIT :count";
}

Result<std::vector<StoredPolicy>> SociStore::list_by_update(const PolicyFilter& filter,
                                                            Direction direction,
                                                            const std::optional<UpdatePlace>& after,
                                                            std::size_t limit) {
  if (is_empty(filter)) return std::vector<StoredPolicy>();
  return without_exceptions(path_, [&]() -> Result<std::vector<StoredPolicy>> {
    std::optional<SessionPool::Lease> lease = pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    const UpdatePlace place = after.value_or(beginning(direction));
    const long long updated_at = to_microseconds(place.updated_at);
    const long long revision = place.revision;
    const std::string scope(filter.kind ? name(*filter.kind) : std::string_view{});
    const auto count = static_cast<long long>(limit);
    PolicyRow row;
    soci::statement statement(lease->session().sql());
    row.bind_columns(statement);
    statement.exchange(soci::use(updated_at));
    statement.exchange(soci::use(updated_at));
    statement.exchange(soci::use(revision));
    if (filter.project_id) statement.exchange(soci::use(*filter.project_id));
    if (filter.kind) statement.exchange(soci::use(scope));
    statement.exchange(soci::use(count));
    prepare(statement, list_by_update_sql(filter, direction));
    std::vector<StoredPolicy> page;
    for (const PolicyRow& found : fetch_all(statement, row)) {
      Result<StoredPolicy> policy = to_stored_policy(found);
      if (!policy.ok()) return std::move(policy).error();
      page.push_back(std::move(policy).value());
    }
    return page;
  });
}

}  // namespace console_policy::store
