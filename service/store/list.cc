// SPDX-License-Identifier: Apache-2.0
// A list goes through the kinds of scope one by one, in the order of their names or against it: so
// each statement is a search that starts at a place in the primary key, on every database.
#include <algorithm>
#include <array>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/soci_store.h"

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
struct Stretch {
  ScopeKind kind;
  std::optional<std::string> project_id;
  std::optional<Scope> after;  // of that kind
};

// What `filter` and `after` leave of a kind; nothing when that is no policy at all.
std::optional<Stretch> stretch_of(ScopeKind kind, const PolicyFilter& filter, Direction direction,
                                  const std::optional<Scope>& after) {
  if (filter.kind && *filter.kind != kind) return std::nullopt;
  if (filter.project_id && kind != ScopeKind::project && kind != ScopeKind::instance) {
    return std::nullopt;
  }
  Stretch stretch{kind, filter.project_id, std::nullopt};
  if (!after || comes_before(name(after->kind()), name(kind), direction)) return stretch;
  if (kind != after->kind()) return std::nullopt;
  if (filter.project_id && after->owner_id() != *filter.project_id) {
    if (comes_before(*filter.project_id, after->owner_id(), direction)) return std::nullopt;
    return stretch;
  }
  stretch.after = after;
  return stretch;
}

std::vector<PolicyRow> fetch(soci::session& sql, const Stretch& stretch, Direction direction,
                             std::size_t limit) {
  // SOCI keeps the addresses of what is bound until the statement is gone.
  const std::string scope(name(stretch.kind));
  const std::string owner_id = stretch.after ? stretch.after->owner_id() : std::string();
  const std::string instance_id = stretch.after ? stretch.after->instance_id() : std::string();
  const auto count = static_cast<long long>(limit);
  PolicyRow row;
  soci::statement statement(sql);
  row.bind_columns(statement);
  statement.exchange(soci::use(scope));
  if (stretch.project_id) {
    statement.exchange(soci::use(*stretch.project_id));
  } else if (stretch.after) {
    statement.exchange(soci::use(owner_id));
    statement.exchange(soci::use(owner_id));
  }
  if (stretch.after) statement.exchange(soci::use(instance_id));
  statement.exchange(soci::use(count));
  prepare(statement,
          list_sql(stretch.project_id ? ListOwner::one_project : ListOwner::any,
                   stretch.after ? ListStart::after_place : ListStart::beginning, direction));
  return fetch_all(statement, row);
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

Result<std::vector<StoredPolicy>> SociStore::list(const PolicyFilter& filter, Direction direction,
                                                  const std::optional<Scope>& after,
                                                  std::size_t limit) {
  return without_exceptions(path_, [&]() -> Result<std::vector<StoredPolicy>> {
    std::optional<SessionPool::Lease> lease = pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    std::vector<StoredPolicy> page;
    for (const ScopeKind kind : kinds_by_name(direction)) {
      if (page.size() == limit) break;
      const std::optional<Stretch> stretch = stretch_of(kind, filter, direction, after);
      if (!stretch) continue;
      for (const PolicyRow& row :
           fetch(lease->session().sql(), *stretch, direction, limit - page.size())) {
        Result<StoredPolicy> policy = to_stored_policy(row);
        if (!policy.ok()) return std::move(policy).error();
        page.push_back(std::move(policy).value());
      }
    }
    return page;
  });
}

}  // namespace console_policy::store
