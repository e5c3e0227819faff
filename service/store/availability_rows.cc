// SPDX-License-Identifier: Apache-2.0
#include "service/store/availability_rows.h"

#include <algorithm>

#include "service/store/rows.h"

namespace console_policy::store {
namespace {

// The count of all rows has the empty id, which no project has.
std::string all_projects() {
  return {};
}

// The key of one row.
struct SeenKey {
  std::string project_id;
  std::string instance_id;
  std::string console_type;

  static std::string columns() { return "project_id, instance_id, console_type"; }

  void bind_columns(soci::statement& statement) {
    statement.exchange(soci::into(project_id));
    statement.exchange(soci::into(instance_id));
    statement.exchange(soci::into(console_type));
  }
};

void add_to_count(soci::session& sql, const std::string& project_id, long long rows) {
  soci::statement update =
      (sql.prepare << "UPDATE availability_count SET row_count = row_count + :added "
                      "WHERE project_id = :project",
       soci::use(rows), soci::use(project_id));
  update.execute(true);
  if (update.get_affected_rows() > 0) return;
  sql << "INSERT INTO availability_count (project_id, row_count) VALUES (:project, :added)",
      soci::use(project_id), soci::use(rows);
}

void count(soci::session& sql, const std::string& project_id, long long rows) {
  add_to_count(sql, project_id, rows);
  add_to_count(sql, all_projects(), rows);
  if (rows < 0) {
    sql << "DELETE FROM availability_count WHERE project_id = :project AND row_count <= 0 "
           "AND project_id <> ''",
        soci::use(project_id);
  }
}

long long rows_of(soci::session& sql, const std::string& project_id) {
  long long rows = 0;
  sql << "SELECT row_count FROM availability_count WHERE project_id = :project", soci::into(rows),
      soci::use(project_id);
  return sql.got_data() ? rows : 0;
}

// The project that has the most rows; empty when there is none.
std::string largest_project(soci::session& sql) {
  std::string project_id;
  soci::statement statement(sql);
  statement.exchange(soci::into(project_id));
  prepare(statement,
          "SELECT project_id FROM availability_count WHERE project_id <> '' "
          "ORDER BY row_count DESC LIMIT 1");
  return fetch_all(statement, project_id).empty() ? std::string() : project_id;
}

void delete_each(soci::session& sql, const std::vector<SeenKey>& keys) {
  for (const SeenKey& key : keys) {
    sql << "DELETE FROM availability WHERE project_id = :project AND instance_id = :instance AND "
           "console_type = :type",
        soci::use(key.project_id), soci::use(key.instance_id), soci::use(key.console_type);
    count(sql, key.project_id, -1);
  }
}

std::size_t delete_oldest_of(soci::session& sql, const std::string& project_id, std::size_t rows) {
  const auto limit = static_cast<long long>(rows);
  SeenKey key;
  soci::statement statement(sql);
  key.bind_columns(statement);
  statement.exchange(soci::use(project_id));
  statement.exchange(soci::use(limit));
  prepare(statement, "SELECT " + SeenKey::columns() +
                         " FROM availability WHERE project_id = :project ORDER BY seen_at LIMIT "
                         ":count");
  const std::vector<SeenKey> oldest = fetch_all(statement, key);
  delete_each(sql, oldest);
  return oldest.size();
}

std::size_t beyond(long long rows, std::size_t bound, std::size_t limit) {
  const auto present = static_cast<std::size_t>(std::max(rows, 0LL));
  return present > bound ? std::min(present - bound, limit) : 0;
}

}  // namespace

void store_seen(soci::session& sql, const InstanceKey& key, const SeenRow& row) {
  soci::statement update =
      (sql.prepare
           << "UPDATE availability SET status = :status, host_id = :host, "
              "instance_updated = :updated, seen_at = :seen_at, nova_status = :nova_status, "
              "milliseconds = :milliseconds WHERE project_id = :project AND "
              "instance_id = :instance AND console_type = :type",
       soci::use(row.status), soci::use(row.host_id), soci::use(row.instance_updated),
       soci::use(row.seen_at), soci::use(row.nova_status), soci::use(row.milliseconds),
       soci::use(key.project_id), soci::use(key.instance_id), soci::use(row.console_type));
  update.execute(true);
  if (update.get_affected_rows() > 0) return;
  sql << "INSERT INTO availability (project_id, instance_id, " + SeenRow::columns() +
             ") VALUES (:project, :instance, :type, :status, :host, :updated, :seen_at, "
             ":nova_status, :milliseconds)",
      soci::use(key.project_id), soci::use(key.instance_id), soci::use(row.console_type),
      soci::use(row.status), soci::use(row.host_id), soci::use(row.instance_updated),
      soci::use(row.seen_at), soci::use(row.nova_status), soci::use(row.milliseconds);
  count(sql, key.project_id, 1);
}

void delete_seen(soci::session& sql, const InstanceKey& key) {
  soci::statement remove =
      (sql.prepare << "DELETE FROM availability WHERE project_id = :project AND "
                      "instance_id = :instance",
       soci::use(key.project_id), soci::use(key.instance_id));
  remove.execute(true);
  const long long rows = remove.get_affected_rows();
  if (rows > 0) count(sql, key.project_id, -rows);
}

std::size_t delete_expired(soci::session& sql, long long seen_before, std::size_t limit) {
  const auto rows = static_cast<long long>(limit);
  SeenKey key;
  soci::statement statement(sql);
  key.bind_columns(statement);
  statement.exchange(soci::use(seen_before));
  statement.exchange(soci::use(rows));
  prepare(statement, "SELECT " + SeenKey::columns() +
                         " FROM availability WHERE seen_at < :before ORDER BY seen_at LIMIT "
                         ":count");
  const std::vector<SeenKey> expired = fetch_all(statement, key);
  delete_each(sql, expired);
  return expired.size();
}

std::size_t delete_beyond(soci::session& sql, const AvailabilityBounds& bounds,
                          const std::string& project_id, std::size_t limit) {
  const std::size_t rows = beyond(rows_of(sql, project_id), bounds.max_rows_per_project, limit);
  return rows == 0 ? 0 : delete_oldest_of(sql, project_id, rows);
}

std::size_t delete_beyond_all(soci::session& sql, const AvailabilityBounds& bounds,
                              std::size_t limit) {
  const std::size_t rows = beyond(rows_of(sql, all_projects()), bounds.max_rows, limit);
  std::size_t gone = 0;
  // One by one: after each, another project may have the most.
  for (; gone < rows; ++gone) {
    const std::string project_id = largest_project(sql);
    if (project_id.empty() || delete_oldest_of(sql, project_id, 1) == 0) break;
  }
  return gone;
}

}  // namespace console_policy::store
