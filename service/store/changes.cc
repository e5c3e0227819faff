// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/each_kind.h"
#include "service/store/soci_store.h"

namespace console_policy::store {
namespace {

// The newest place that a page may begin with, as the columns hold it.
struct Start {
  long long changed_at{std::numeric_limits<long long>::max()};
  long long revision{std::numeric_limits<Revision>::max()};  // below it, at that time
};

Result<long long> time_of_change(soci::session& sql, Revision revision) {
  const long long number = revision;
  long long changed_at = 0;
  sql << "SELECT changed_at FROM change_log WHERE revision = :revision", soci::into(changed_at),
      soci::use(number);
  if (sql.got_data()) return changed_at;
  return invalid_request("there is no change with this revision");
}

// Changes are never changed, so the time of the last one seen is where the next page goes on.
Result<Start> start_of(soci::session& sql, const ChangeFilter& filter,
                       std::optional<Revision> before) {
  Start start;
  if (filter.until) start.changed_at = to_microseconds(*filter.until) - 1;
  if (!before) return start;
  if (!filter.has_time()) {
    start.revision = *before;
    return start;
  }
  Result<long long> seen = time_of_change(sql, *before);
  if (!seen.ok()) return std::move(seen).error();
  if (seen.value() <= start.changed_at) start = {seen.value(), *before};
  return start;
}

// One that is made of the lists of each kind, by the index that those have.
bool is_of_all_kinds_by_time(const ChangeFilter& filter) {
  return filter.has_time() && !filter.project_id && !filter.user_id && !filter.kind;
}

// `mark` tells the values that are bound from those of another SELECT beside it. The first
// comparisons are the search, the last takes off what stands before the place.
std::string select_before(bool by_time, const std::string& mark) {
  const std::string sql = "SELECT " + ChangeRow::columns() + " FROM change_log WHERE ";
  if (!by_time) return sql + "revision < :before" + mark;
  return sql + "changed_at >= :since" + mark + " AND changed_at <= :until" + mark +
         " AND (changed_at < :same_until" + mark + " OR revision < :before" + mark + ")";
}

// What a filter binds, alive until the statement is gone.
struct Bound {
  Bound(const ChangeFilter& filter, const Start& from, std::size_t limit)
      : start(from),
        since(filter.since ? to_microseconds(*filter.since)
                           : std::numeric_limits<long long>::min()),
        scope(filter.kind ? name(*filter.kind) : std::string_view{}),
        count(static_cast<long long>(limit)) {}

  void bind(soci::statement& statement, const ChangeFilter& filter) const {
    const std::size_t selects = is_of_all_kinds_by_time(filter) ? all_scope_kinds.size() : 1;
    for (std::size_t i = 0; i < selects; ++i) {
      if (filter.has_time()) {
        statement.exchange(soci::use(since));
        statement.exchange(soci::use(start.changed_at));
        statement.exchange(soci::use(start.changed_at));
      }
      statement.exchange(soci::use(start.revision));
    }
    if (filter.project_id) statement.exchange(soci::use(*filter.project_id));
    if (filter.user_id) statement.exchange(soci::use(*filter.user_id));
    if (filter.kind) statement.exchange(soci::use(scope));
    statement.exchange(soci::use(count));
  }

  Start start;
  long long since;
  std::string scope;
  long long count;
};

}  // namespace

std::string changes_sql(const ChangeFilter& filter) {
  std::string sql;
  if (is_of_all_kinds_by_time(filter)) {
    sql = of_each_kind([](const std::string& kind) { return select_before(true, "_" + kind); });
  } else {
    sql = select_before(filter.has_time(), "");
  }
  // A plus keeps the database from searching by that column: another one finds fewer rows. A
  // domain or a user may bear the same id as the project.
  if (filter.project_id) {
    sql += " AND owner_id = :project AND +scope IN ('project', 'instance')";
  }
  if (filter.user_id) {
    sql += filter.project_id ? " AND +user_id = :user" : " AND user_id = :user";
  }
  if (filter.kind) {
    sql += filter.project_id || filter.user_id ? " AND +scope = :scope" : " AND scope = :scope";
  }
  sql += filter.has_time() ? " ORDER BY changed_at DESC, revision DESC" : " ORDER BY revision DESC";
  return sql + " LIMIT :count";
}

Result<std::vector<Change>> SociStore::changes(const ChangeFilter& filter,
                                               std::optional<Revision> before, std::size_t limit) {
  return without_exceptions(path_, [&]() -> Result<std::vector<Change>> {
    std::optional<SessionPool::Lease> lease = pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    soci::session& sql = lease->session().sql();
    Result<Start> start = start_of(sql, filter, before);
    if (!start.ok()) return std::move(start).error();
    const Bound bound(filter, start.value(), limit);
    ChangeRow row;
    std::vector<Change> page;
    soci::statement statement(sql);
    row.bind_columns(statement);
    bound.bind(statement, filter);
    prepare(statement, changes_sql(filter));
    for (const ChangeRow& found : fetch_all(statement, row)) {
      Result<Change> change = to_change(found);
      if (!change.ok()) return std::move(change).error();
      page.push_back(std::move(change).value());
    }
    return page;
  });
}

}  // namespace console_policy::store
