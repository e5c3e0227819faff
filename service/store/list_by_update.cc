// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/each_kind.h"
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

// One that is made of the lists of each kind, by the index that those have.
bool is_of_all_kinds(const PolicyFilter& filter) {
  return !filter.project_id && !filter.kind;
}

// `mark` tells the values that are bound from those of another SELECT beside it. The first
// comparison is the search, the others take off what stands before the place.
std::string select_beyond(Direction direction, const std::string& mark) {
  const std::string beyond = direction == Direction::ascending ? ">" : "<";
  return "SELECT " + PolicyRow::columns() + " FROM policy WHERE updated_at " + beyond +
         "= :updated_at" + mark + " AND (updated_at " + beyond + " :same_updated_at" + mark +
         " OR revision " + beyond + " :revision" + mark + ")";
}

}  // namespace

std::string list_by_update_sql(const PolicyFilter& filter, Direction direction) {
  std::string sql;
  if (is_of_all_kinds(filter)) {
    sql = of_each_kind(
        [direction](const std::string& kind) { return select_beyond(direction, "_" + kind); });
  } else {
    sql = select_beyond(direction, "");
  }
  // A plus keeps the database from searching by that column: another one finds fewer rows.
  if (filter.project_id) {
    sql += " AND owner_id = :project AND +scope IN ('project', 'instance')";
  }
  if (filter.kind) sql += filter.project_id ? " AND +scope = :scope" : " AND scope = :scope";
  const std::string order = direction == Direction::ascending ? " ASC" : " DESC";
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
    const std::size_t selects = is_of_all_kinds(filter) ? all_scope_kinds.size() : 1;
    for (std::size_t i = 0; i < selects; ++i) {
      statement.exchange(soci::use(updated_at));
      statement.exchange(soci::use(updated_at));
      statement.exchange(soci::use(revision));
    }
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
