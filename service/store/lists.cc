// SPDX-License-Identifier: Apache-2.0
// Lists of policies and of changes, in pages. Each statement is a search that starts at a place in
// an index, on every database: row values would be shorter, but MariaDB does not search by them. A
// plus before a column keeps SQLite from searching by it, where another one finds fewer rows.
#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "service/store/observation_rows.h"
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

bool is_of_projects(ScopeKind kind) {
  return kind == ScopeKind::project || kind == ScopeKind::instance;
}

// A domain or a user may have the same id as the project.
constexpr const char* of_project = " AND owner_id = ? AND +scope IN ('project', 'instance')";

// Changes never change, so the time of the last one of a page is where the next page starts. The
// time, and the revision below which changes at that time are listed.
Result<std::pair<long long, Revision>> start_of(soci::session& sql, const ChangeFilter& filter,
                                                std::optional<Revision> before) {
  const long long latest =
      filter.until ? to_microseconds(*filter.until) - 1 : std::numeric_limits<long long>::max();
  constexpr Revision any = std::numeric_limits<Revision>::max();
  if (!before || !filter.has_time()) return std::pair(latest, before.value_or(any));
  const std::optional<long long> time =
      select_number(sql, {"SELECT changed_at FROM change_log WHERE revision = ?", {*before}});
  if (!time) return invalid_request("there is no change with this revision");
  return *time <= latest ? std::pair(*time, *before) : std::pair(latest, any);
}

}  // namespace

std::optional<Query> list_query(ScopeKind kind, const PolicyFilter& filter, Direction direction,
                                const std::optional<Scope>& after) {
  if (filter.kind && *filter.kind != kind) return std::nullopt;
  if (filter.project_id && !is_of_projects(kind)) return std::nullopt;
  const bool after_of_this_kind = after && after->kind() == kind;
  if (after && !after_of_this_kind && !comes_before(name(after->kind()), name(kind), direction)) {
    return std::nullopt;
  }
  const bool up = direction == Direction::ascending;
  const std::string beyond = up ? " > ?" : " < ?";
  Query query{std::string("SELECT ") + PolicyRow::columns + " FROM policy WHERE scope = ?",
              {std::string(name(kind))}};
  if (filter.project_id) {
    query.add(" AND owner_id = ?", {*filter.project_id});
  }
  if (after_of_this_kind) {
    // The first comparison is the search, the others remove what stands before the place.
    // Within a project, owner_id = ? is the search.
    query.add(std::string(filter.project_id ? " AND +owner_id " : " AND owner_id ") +
                  (up ? ">=" : "<=") + " ? AND (owner_id" + beyond + " OR instance_id" + beyond +
                  ")",
              {after->owner_id(), after->owner_id(), after->instance_id()});
  }
  const std::string order = up ? " ASC" : " DESC";
  query.add(" ORDER BY owner_id" + order + ", instance_id" + order + " LIMIT ?");
  return query;
}

// The kinds of scope one by one, in the order of their names.
Result<std::vector<StoredPolicy>> SqlStore::list(const PolicyFilter& filter, Direction direction,
                                                 const std::optional<Scope>& after,
                                                 std::size_t limit) {
  return database_.read_value<std::vector<StoredPolicy>>([&](soci::session& sql) {
    std::vector<PolicyRow> rows;
    for (const ScopeKind kind : kinds_by_name(direction)) {
      std::optional<Query> query = list_query(kind, filter, direction, after);
      if (!query || rows.size() == limit) continue;
      query->values.emplace_back(static_cast<long long>(limit - rows.size()));
      const std::vector<PolicyRow> found = select<PolicyRow>(sql, *query);
      rows.insert(rows.end(), found.begin(), found.end());
    }
    return to_policies(rows);
  });
}

Query list_by_update_query(const PolicyFilter& filter, Direction direction,
                           const std::optional<UpdatePlace>& after) {
  const bool up = direction == Direction::ascending;
  const UpdatePlace place =
      after.value_or(up ? UpdatePlace{Timestamp::min(), 0}
                        : UpdatePlace{Timestamp::max(), std::numeric_limits<Revision>::max()});
  const long long time = to_microseconds(place.updated_at);
  const std::string beyond = up ? ">" : "<";
  Query query{std::string("SELECT ") + PolicyRow::columns + " FROM policy WHERE updated_at " +
                  beyond + "= ? AND (updated_at " + beyond + " ? OR revision " + beyond + " ?)",
              {time, time, place.revision}};
  if (filter.project_id) query.add(of_project, {*filter.project_id});
  if (filter.kind) {
    query.add(filter.project_id ? " AND +scope = ?" : " AND scope = ?",
              {std::string(name(*filter.kind))});
  }
  const std::string order = up ? " ASC" : " DESC";
  query.add(" ORDER BY updated_at" + order + ", revision" + order + " LIMIT ?");
  return query;
}

Result<std::vector<StoredPolicy>> SqlStore::list_by_update(const PolicyFilter& filter,
                                                           Direction direction,
                                                           const std::optional<UpdatePlace>& after,
                                                           std::size_t limit) {
  // A domain, a user or the cloud has no policy of a project.
  if (filter.project_id && filter.kind && !is_of_projects(*filter.kind)) {
    return std::vector<StoredPolicy>();
  }
  return database_.read_value<std::vector<StoredPolicy>>([&](soci::session& sql) {
    Query query = list_by_update_query(filter, direction, after);
    query.values.emplace_back(static_cast<long long>(limit));
    return to_policies(select<PolicyRow>(sql, query));
  });
}

Query changes_query(const ChangeFilter& filter, long long latest, Revision before) {
  Query query{std::string("SELECT ") + ChangeRow::columns + " FROM change_log WHERE ", {}};
  if (filter.has_time()) {
    const long long since =
        filter.since ? to_microseconds(*filter.since) : std::numeric_limits<long long>::min();
    query.add("changed_at >= ? AND changed_at <= ? AND (changed_at < ? OR revision < ?)",
              {since, latest, latest, before});
  } else {
    query.add("revision < ?", {before});
  }
  if (filter.project_id) query.add(of_project, {*filter.project_id});
  if (filter.user_id) {
    query.add(filter.project_id ? " AND +user_id = ?" : " AND user_id = ?", {*filter.user_id});
  }
  if (filter.kind) {
    query.add(filter.project_id || filter.user_id ? " AND +scope = ?" : " AND scope = ?",
              {std::string(name(*filter.kind))});
  }
  query.add(filter.has_time() ? " ORDER BY changed_at DESC, revision DESC LIMIT ?"
                              : " ORDER BY revision DESC LIMIT ?");
  return query;
}

Result<std::vector<Change>> SqlStore::changes(const ChangeFilter& filter,
                                              std::optional<Revision> before, std::size_t limit) {
  return database_.read_value<std::vector<Change>>(
      [&](soci::session& sql) -> Result<std::vector<Change>> {
        Result<std::pair<long long, Revision>> start = start_of(sql, filter, before);
        if (!start.ok()) return std::move(start).error();
        Query query = changes_query(filter, start.value().first, start.value().second);
        query.values.emplace_back(static_cast<long long>(limit));
        return to_changes(select<ChangeRow>(sql, query));
      });
}

Result<std::optional<Change>> SqlStore::change(Revision revision) {
  return database_.read_value<std::optional<Change>>(
      [&](soci::session& sql) -> Result<std::optional<Change>> {
        Result<std::vector<Change>> found =
            to_changes(select<ChangeRow>(sql, {std::string("SELECT ") + ChangeRow::columns +
                                                   " FROM change_log WHERE revision = ?",
                                               {revision}}));
        if (!found.ok()) return std::move(found).error();
        if (found.value().empty()) return std::optional<Change>();
        return std::optional<Change>(std::move(found.value().front()));
      });
}

Result<std::vector<OpenedOnDay>> SqlStore::history(const std::string& since_day) {
  return database_.read_value<std::vector<OpenedOnDay>>(
      [&](soci::session& sql) -> Result<std::vector<OpenedOnDay>> {
        return read_history(sql, since_day);
      });
}

}  // namespace console_policy::store
