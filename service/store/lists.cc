// SPDX-License-Identifier: Apache-2.0
// Lists of policies and of changes, in pages. Each statement is a search that starts at a place in an
// index, on every database.
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "service/store/rows.h"
#include "service/store/sql_store.h"

namespace console_policy::store {
namespace {

// Whether `a` comes before `b`.
bool comes_before(std::string_view a, std::string_view b, Direction direction) {
  return direction == Direction::ascending ? a < b : b < a;
}

std::array<ScopeKind, all_scope_kinds.size()> kinds_by_name(Direction direction) {
  std::array<ScopeKind, all_scope_kinds.size()> kinds = all_scope_kinds;
  std::sort(kinds.begin(), kinds.end(), [direction](ScopeKind a, ScopeKind b) {
    return comes_before(name(a), name(b), direction);
  });
  return kinds;
}

// The policies of one kind, from a place on.
struct Range {
  ScopeKind kind;
  std::optional<std::string> project_id;
  std::optional<Scope> after;  // of that kind
};

// What `filter` and `after` leave of a kind; nothing when that is no policy at all.
std::optional<Range> range_of(ScopeKind kind, const PolicyFilter& filter, Direction direction,
                                  const std::optional<Scope>& after) {
  if (filter.kind && *filter.kind != kind) return std::nullopt;
  if (filter.project_id && kind != ScopeKind::project && kind != ScopeKind::instance) {
    return std::nullopt;
  }
  Range range{kind, filter.project_id, std::nullopt};
  if (!after || comes_before(name(after->kind()), name(kind), direction)) return range;
  if (kind != after->kind()) return std::nullopt;
  if (filter.project_id && after->owner_id() != *filter.project_id) {
    if (comes_before(*filter.project_id, after->owner_id(), direction)) return std::nullopt;
    return range;
  }
  range.after = after;
  return range;
}

std::vector<PolicyRow> fetch(soci::session& sql, const Range& range, Direction direction,
                             std::size_t limit) {
  // Bound: must stay until the statement is destroyed.
  const std::string scope(name(range.kind));
  const std::string owner_id = range.after ? range.after->owner_id() : std::string();
  const std::string instance_id = range.after ? range.after->instance_id() : std::string();
  const auto count = static_cast<long long>(limit);
  PolicyRow row;
  soci::statement statement(sql);
  row.bind_columns(statement);
  statement.exchange(soci::use(scope));
  if (range.project_id) {
    statement.exchange(soci::use(*range.project_id));
  } else if (range.after) {
    statement.exchange(soci::use(owner_id));
    statement.exchange(soci::use(owner_id));
  }
  if (range.after) statement.exchange(soci::use(instance_id));
  statement.exchange(soci::use(count));
  prepare(statement,
          list_sql(range.project_id ? ListOwner::one_project : ListOwner::any,
                   range.after ? ListStart::after_place : ListStart::beginning, direction));
  return fetch_all(statement, row);
}

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

// The values of a list of changes; bound, must stay until the statement is destroyed.
struct ChangeValues {
  ChangeValues(const ChangeFilter& filter, const Start& from, std::size_t limit)
      : start(from),
        since(filter.since ? to_microseconds(*filter.since)
                           : std::numeric_limits<long long>::min()),
        scope(filter.kind ? name(*filter.kind) : std::string_view{}),
        count(static_cast<long long>(limit)) {}

  void bind(soci::statement& statement, const ChangeFilter& filter) const {
    if (filter.has_time()) {
      statement.exchange(soci::use(since));
      statement.exchange(soci::use(start.changed_at));
      statement.exchange(soci::use(start.changed_at));
    }
    statement.exchange(soci::use(start.revision));
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

Result<std::vector<StoredPolicy>> to_policies(const std::vector<PolicyRow>& rows) {
  std::vector<StoredPolicy> policies;
  policies.reserve(rows.size());
  for (const PolicyRow& row : rows) {
    Result<StoredPolicy> policy = to_stored_policy(row);
    if (!policy.ok()) return std::move(policy).error();
    policies.push_back(std::move(policy).value());
  }
  return policies;
}

// Runs `list`, which returns a page, in a session for reads.
template <class Row, class List>
Result<std::vector<Row>> page_of(Database& database, const List& list) {
  std::vector<Row> page;
  Status done = database.read([&](soci::session& sql) -> Status {
    Result<std::vector<Row>> found = list(sql);
    if (!found.ok()) return std::move(found).error();
    page = std::move(found).value();
    return Success{};
  });
  if (!done.ok()) return std::move(done).error();
  return page;
}

}  // namespace

std::string list_sql(ListOwner owner, ListStart start, Direction direction) {
  const bool up = direction == Direction::ascending;
  const std::string beyond = up ? " > " : " < ";
  std::string sql = "SELECT " + PolicyRow::columns() + " FROM policy WHERE scope = :scope";
  if (owner == ListOwner::one_project) {
    sql += " AND owner_id = :project";
    if (start == ListStart::after_place) sql += " AND instance_id" + beyond + ":instance";
  } else if (start == ListStart::after_place) {
    // The first comparison is the search, the others take off what stands before the place. Row
    // values would say it shorter, but MariaDB does not search by them.
    sql += std::string(" AND owner_id ") + (up ? ">=" : "<=") + " :owner AND (owner_id" + beyond +
           ":same_owner OR instance_id" + beyond + ":instance)";
  }
  const std::string order = up ? " ASC" : " DESC";
  return sql + " ORDER BY owner_id" + order + ", instance_id" + order + " LIMIT :count";
}

// The kinds of scope one by one, in the order of their names.
Result<std::vector<StoredPolicy>> SqlStore::list(const PolicyFilter& filter, Direction direction,
                                                 const std::optional<Scope>& after,
                                                 std::size_t limit) {
  return page_of<StoredPolicy>(database_, [&](soci::session& sql) {
    std::vector<PolicyRow> rows;
    for (const ScopeKind kind : kinds_by_name(direction)) {
      if (rows.size() == limit) break;
      const std::optional<Range> range = range_of(kind, filter, direction, after);
      if (!range) continue;
      std::vector<PolicyRow> found = fetch(sql, *range, direction, limit - rows.size());
      std::move(found.begin(), found.end(), std::back_inserter(rows));
    }
    return to_policies(rows);
  });
}

std::string list_by_update_sql(const PolicyFilter& filter, Direction direction) {
  const std::string beyond = direction == Direction::ascending ? ">" : "<";
  // The first comparison is the search, the other removes what stands before the place.
  std::string sql = "SELECT " + PolicyRow::columns() + " FROM policy WHERE updated_at " + beyond +
                    "= :updated_at AND (updated_at " + beyond + " :same_updated_at OR revision " +
                    beyond + " :revision)";
  // A plus keeps SQLite from searching by that column, where another one finds fewer rows.
  if (filter.project_id) {
    sql += " AND owner_id = :project AND +scope IN ('project', 'instance')";
  }
  if (filter.kind) sql += filter.project_id ? " AND +scope = :scope" : " AND scope = :scope";
  const std::string order = direction == Direction::ascending ? " ASC" : " DESC";
  return sql + " ORDER BY updated_at" + order + ", revision" + order + " LIMIT :count";
}

Result<std::vector<StoredPolicy>> SqlStore::list_by_update(const PolicyFilter& filter,
                                                           Direction direction,
                                                           const std::optional<UpdatePlace>& after,
                                                           std::size_t limit) {
  if (is_empty(filter)) return std::vector<StoredPolicy>();
  const UpdatePlace place = after.value_or(beginning(direction));
  const long long updated_at = to_microseconds(place.updated_at);
  const long long revision = place.revision;
  const std::string scope(filter.kind ? name(*filter.kind) : std::string_view{});
  const auto count = static_cast<long long>(limit);
  return page_of<StoredPolicy>(database_, [&](soci::session& sql) {
    PolicyRow row;
    soci::statement statement(sql);
    row.bind_columns(statement);
    statement.exchange(soci::use(updated_at));
    statement.exchange(soci::use(updated_at));
    statement.exchange(soci::use(revision));
    if (filter.project_id) statement.exchange(soci::use(*filter.project_id));
    if (filter.kind) statement.exchange(soci::use(scope));
    statement.exchange(soci::use(count));
    prepare(statement, list_by_update_sql(filter, direction));
    return to_policies(fetch_all(statement, row));
  });
}

std::string changes_sql(const ChangeFilter& filter) {
  std::string sql = "SELECT " + ChangeRow::columns() + " FROM change_log WHERE ";
  if (filter.has_time()) {
    sql +=
        "changed_at >= :since AND changed_at <= :until AND (changed_at < :same_until OR "
        "revision < :before)";
  } else {
    sql += "revision < :before";
  }
  // A plus keeps SQLite from searching by that column, where another one finds fewer rows. A domain
  // or a user may have the same id as the project.
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

Result<std::vector<Change>> SqlStore::changes(const ChangeFilter& filter,
                                              std::optional<Revision> before, std::size_t limit) {
  return page_of<Change>(database_, [&](soci::session& sql) -> Result<std::vector<Change>> {
    Result<Start> start = start_of(sql, filter, before);
    if (!start.ok()) return std::move(start).error();
    const ChangeValues values(filter, start.value(), limit);
    ChangeRow row;
    soci::statement statement(sql);
    row.bind_columns(statement);
    values.bind(statement, filter);
    prepare(statement, changes_sql(filter));
    std::vector<Change> page;
    for (const ChangeRow& found : fetch_all(statement, row)) {
      Result<Change> change = to_change(found);
      if (!change.ok()) return std::move(change).error();
      page.push_back(std::move(change).value());
    }
    return page;
  });
}

}  // namespace console_policy::store
