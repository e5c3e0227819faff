// SPDX-License-Identifier: Apache-2.0
// A list goes by the index that fits its filter: the primary key, a host's, or that of one type and
// one status. Where a filter leaves several of the last kind, their pages are merged.
#include <algorithm>
#include <tuple>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/rows.h"
#include "service/store/seen_rows.h"
#include "service/store/soci_store.h"

namespace console_policy::store {
namespace {

// The index by type and status serves where no project and no host bounds the list.
bool goes_by_type(const SeenFilter& filter) {
  return !filter.project_id && !filter.host_id && (filter.type || filter.status);
}

// The filters whose lists together are the list of this one.
std::vector<SeenFilter> parts_of(const SeenFilter& filter) {
  if (!goes_by_type(filter)) return {filter};
  std::vector<SeenFilter> parts;
  for (const ConsoleType type : all_console_types) {
    if (filter.type && *filter.type != type) continue;
    for (const AvailabilityStatus status :
         {AvailabilityStatus::opened, AvailabilityStatus::unavailable}) {
      if (filter.status && *filter.status != status) continue;
      SeenFilter part = filter;
      part.type = type;
      part.status = status;
      parts.push_back(part);
    }
  }
  return parts;
}

struct ListedRow {
  std::string project_id;
  std::string instance_id;
  SeenRow seen;
};

bool comes_before(const ListedRow& a, const ListedRow& b) {
  return std::tie(a.project_id, a.instance_id, a.seen.console_type) <
         std::tie(b.project_id, b.instance_id, b.seen.console_type);
}

std::vector<ListedRow> fetch(soci::session& sql, const SeenFilter& filter, const SeenPlace& after,
                             std::size_t limit) {
  // SOCI keeps the addresses of what is bound until the statement is gone.
  const std::string type(filter.type ? name(*filter.type) : std::string_view{});
  const std::string status(filter.status ? name(*filter.status) : std::string_view{});
  const auto count = static_cast<long long>(limit);
  ListedRow row;
  soci::statement statement(sql);
  statement.exchange(soci::into(row.project_id));
  statement.exchange(soci::into(row.instance_id));
  row.seen.bind_columns(statement);
  if (filter.host_id) statement.exchange(soci::use(*filter.host_id));
  if (filter.type) statement.exchange(soci::use(type));
  if (filter.status) statement.exchange(soci::use(status));
  if (filter.project_id) {
    statement.exchange(soci::use(*filter.project_id));
    statement.exchange(soci::use(after.instance_id));
  } else {
    statement.exchange(soci::use(after.project_id));
    statement.exchange(soci::use(after.project_id));
  }
  statement.exchange(soci::use(after.instance_id));
  if (!filter.project_id) statement.exchange(soci::use(after.instance_id));
  statement.exchange(soci::use(after.type));
  statement.exchange(soci::use(count));
  prepare(statement, list_seen_sql(filter));
  return fetch_all(statement, row);
}

// Where the page begins, seen from the filter's project; nothing when that is behind the place.
std::optional<SeenPlace> place_of(const SeenFilter& filter, const std::optional<SeenPlace>& after) {
  const SeenPlace place = after.value_or(SeenPlace{});
  if (!filter.project_id || !after || place.project_id == *filter.project_id) return place;
  if (place.project_id < *filter.project_id) return SeenPlace{};
  return std::nullopt;
}

Result<SeenOfInstance> to_seen_of_instance(const ListedRow& row) {
  Result<SeenType> seen = to_seen_type(row.seen);
  if (!seen.ok()) return std::move(seen).error();
  return SeenOfInstance{row.project_id, row.instance_id, std::move(seen).value()};
}

}  // namespace

std::string list_seen_sql(const SeenFilter& filter) {
  // A plus keeps the database from searching by that column: another one finds fewer rows.
  const char* const filtered = goes_by_type(filter) ? "" : "+";
  std::string sql = "SELECT project_id, instance_id, " + SeenRow::columns() + " FROM availability";
  sql += " WHERE ";
  if (filter.host_id) sql += "host_id = :host AND ";
  if (filter.type) sql += std::string(filtered) + "console_type = :type AND ";
  if (filter.status) sql += std::string(filtered) + "status = :status AND ";
  // The first comparison is the search, the others take off what stands before the place.
  if (filter.project_id) {
    sql +=
        "project_id = :project AND instance_id >= :instance AND (instance_id > :same_instance OR "
        "console_type > :place_type)";
  } else {
    sql +=
        "project_id >= :project AND (project_id > :same_project OR instance_id > :instance OR "
        "(instance_id = :same_instance AND console_type > :place_type))";
  }
  return sql + " ORDER BY project_id, instance_id, console_type LIMIT :count";
}

Result<std::vector<SeenOfInstance>> SociStore::list_seen(const SeenFilter& filter,
                                                         const std::optional<SeenPlace>& after,
                                                         std::size_t limit) {
  const std::optional<SeenPlace> place = place_of(filter, after);
  if (!place) return std::vector<SeenOfInstance>();
  return without_exceptions(path_, [&]() -> Result<std::vector<SeenOfInstance>> {
    std::optional<SessionPool::Lease> lease = pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    std::vector<ListedRow> rows;
    for (const SeenFilter& part : parts_of(filter)) {
      std::vector<ListedRow> found = fetch(lease->session().sql(), part, *place, limit);
      std::move(found.begin(), found.end(), std::back_inserter(rows));
    }
    std::sort(rows.begin(), rows.end(), comes_before);
    if (rows.size() > limit) rows.resize(limit);
    std::vector<SeenOfInstance> page;
    for (const ListedRow& row : rows) {
      Result<SeenOfInstance> seen = to_seen_of_instance(row);
      if (!seen.ok()) return std::move(seen).error();
      page.push_back(std::move(seen).value());
    }
    return page;
  });
}

std::string count_seen_sql(CountOf of) {
  const std::string place =
      of == CountOf::one_project
          ? "project_id = :project AND host_id >= :host AND (host_id > :same_host OR "
            "console_type > :type)"
          : "project_id >= :project AND (project_id > :same_project OR host_id > :host OR "
            "(host_id = :same_host AND console_type > :type))";
  return "SELECT project_id, host_id, console_type, "
         "SUM(CASE WHEN status = 'opened' THEN 1 ELSE 0 END), "
         "SUM(CASE WHEN status = 'unavailable' THEN 1 ELSE 0 END) FROM availability WHERE " +
         place +
         " GROUP BY project_id, host_id, console_type ORDER BY project_id, host_id, console_type "
         "LIMIT :count";
}

Result<std::vector<SeenCount>> SociStore::count_seen(const std::optional<std::string>& project_id,
                                                     const std::optional<SeenCountPlace>& after,
                                                     std::size_t limit) {
  SeenCountPlace place = after.value_or(SeenCountPlace{});
  if (project_id && place.project_id > *project_id) return std::vector<SeenCount>();
  if (project_id && place.project_id < *project_id) place = SeenCountPlace{};
  return without_exceptions(path_, [&]() -> Result<std::vector<SeenCount>> {
    std::optional<SessionPool::Lease> lease = pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    const auto count = static_cast<long long>(limit);
    struct Row {
      SeenCount count;
      std::string type;
      long long opened{0};
      long long unavailable{0};
    } row;
    soci::statement statement(lease->session().sql());
    statement.exchange(soci::into(row.count.project_id));
    statement.exchange(soci::into(row.count.host_id));
    statement.exchange(soci::into(row.type));
    statement.exchange(soci::into(row.opened));
    statement.exchange(soci::into(row.unavailable));
    if (project_id) {
      statement.exchange(soci::use(*project_id));
    } else {
      statement.exchange(soci::use(place.project_id));
      statement.exchange(soci::use(place.project_id));
    }
    statement.exchange(soci::use(place.host_id));
    statement.exchange(soci::use(place.host_id));
    statement.exchange(soci::use(place.type));
    statement.exchange(soci::use(count));
    prepare(statement, count_seen_sql(project_id ? CountOf::one_project : CountOf::all_projects));
    std::vector<SeenCount> counts;
    for (Row& found : fetch_all(statement, row)) {
      const std::optional<ConsoleType> type = parse_console_type(found.type);
      if (!type) {
        return Error{ErrorCode::internal, "what was seen of consoles cannot be read",
                     "a database row of availability has an unknown console_type"};
      }
      counts.push_back(SeenCount{std::move(found.count.project_id), std::move(found.count.host_id),
                                 *type, found.opened, found.unavailable});
    }
    return counts;
  });
}

}  // namespace console_policy::store
