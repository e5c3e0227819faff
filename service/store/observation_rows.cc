// SPDX-License-Identifier: Apache-2.0
#include "service/store/observation_rows.h"

#include <algorithm>
#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {
namespace {

constexpr std::size_t rows_of_a_statement = 100;

struct ListedRow {
  std::string project_id;
  std::string instance_id;
  SeenRow seen;
};

Result<SeenOfInstance> to_seen_of_instance(const ListedRow& row) {
  Result<SeenType> seen = to_seen_type(row.seen);
  if (!seen.ok()) return std::move(seen).error();
  return SeenOfInstance{row.project_id, row.instance_id, std::move(seen).value()};
}

// For memory: rows that cannot be read are left out.
std::vector<SeenOfInstance> readable(const std::vector<ListedRow>& rows) {
  std::vector<SeenOfInstance> observations;
  for (const ListedRow& row : rows) {
    Result<SeenOfInstance> seen = to_seen_of_instance(row);
    if (seen.ok()) observations.push_back(std::move(seen).value());
  }
  return observations;
}

// The rows of "SELECT … FROM availability " and the condition, which binds `first` and `second`.
std::vector<SeenOfInstance> select(soci::session& sql, const std::string& condition,
                                   const long long& first, const long long& second) {
  ListedRow row;
  soci::statement statement(sql);
  statement.exchange(soci::into(row.project_id));
  statement.exchange(soci::into(row.instance_id));
  row.seen.bind_columns(statement);
  statement.exchange(soci::use(first));
  statement.exchange(soci::use(second));
  prepare(statement, "SELECT project_id, instance_id, " + SeenRow::columns() +
                         " FROM availability WHERE " + condition);
  return readable(fetch_all(statement, row));
}

// The key of one row.
struct SeenKey {
  std::string project_id;
  std::string instance_id;
  std::string console_type;
};

// The keys of the oldest rows, and the rows deleted. The condition binds `value`.
template <class Value>
std::size_t delete_oldest(soci::session& sql, const std::string& condition, const Value& value,
                          std::size_t limit) {
  const auto count = static_cast<long long>(limit);
  SeenKey key;
  soci::statement statement(sql);
  statement.exchange(soci::into(key.project_id));
  statement.exchange(soci::into(key.instance_id));
  statement.exchange(soci::into(key.console_type));
  statement.exchange(soci::use(value));
  statement.exchange(soci::use(count));
  prepare(statement, "SELECT project_id, instance_id, console_type FROM availability WHERE " +
                         condition + " ORDER BY seen_at LIMIT :count");
  const std::vector<SeenKey> oldest = fetch_all(statement, key);
  for (const SeenKey& row : oldest) {
    sql << "DELETE FROM availability WHERE project_id = :project AND instance_id = :instance AND "
           "console_type = :type",
        soci::use(row.project_id), soci::use(row.instance_id), soci::use(row.console_type);
  }
  return oldest.size();
}

// One statement for several rows: a network database takes a round trip for each statement.
void replace_rows(soci::session& sql, const SeenOfInstance* first, std::size_t count,
                  const long long& batch) {
  std::vector<SeenRow> rows;  // bound: must stay where they are
  rows.reserve(count);
  std::string text = "REPLACE INTO availability (project_id, instance_id, " + SeenRow::columns() +
                     ", batch) VALUES ";
  soci::statement statement(sql);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    text += (i == 0 ? "" : ", ");
    text += "(:p" + n + ", :i" + n + ", :c" + n + ", :s" + n + ", :h" + n + ", :u" + n + ", :t" + n +
            ", :n" + n + ", :m" + n + ", :b" + n + ")";
    const SeenRow& row = rows.emplace_back(to_row(first[i].seen));
    statement.exchange(soci::use(first[i].project_id));
    statement.exchange(soci::use(first[i].instance_id));
    statement.exchange(soci::use(row.console_type));
    statement.exchange(soci::use(row.status));
    statement.exchange(soci::use(row.host_id));
    statement.exchange(soci::use(row.instance_updated));
    statement.exchange(soci::use(row.seen_at));
    statement.exchange(soci::use(row.nova_status));
    statement.exchange(soci::use(row.milliseconds));
    statement.exchange(soci::use(batch));
  }
  prepare(statement, text);
  statement.execute(true);
}

}  // namespace

long long next_batch(soci::session& sql) {
  long long batch = 0;
  sql << "UPDATE observation_counter SET batch = batch + 1 WHERE id = 1";
  sql << "SELECT batch FROM observation_counter WHERE id = 1", soci::into(batch);
  return batch;
}

void write_observations(soci::session& sql, const std::vector<SeenOfInstance>& rows,
                        long long batch) {
  for (std::size_t at = 0; at < rows.size(); at += rows_of_a_statement) {
    replace_rows(sql, &rows[at], std::min(rows_of_a_statement, rows.size() - at), batch);
  }
}

void delete_observations(soci::session& sql, const InstanceKey& key, long long batch) {
  sql << "DELETE FROM availability WHERE project_id = :project AND instance_id = :instance",
      soci::use(key.project_id), soci::use(key.instance_id);
  sql << "REPLACE INTO forgotten_instance (project_id, instance_id, batch) "
         "VALUES (:project, :instance, :batch)",
      soci::use(key.project_id), soci::use(key.instance_id), soci::use(batch);
}

std::vector<SeenOfInstance> observations_between(soci::session& sql, long long after,
                                                 long long to) {
  return select(sql, "batch > :after AND batch <= :to", after, to);
}

std::vector<InstanceKey> forgotten_between(soci::session& sql, long long after, long long to) {
  InstanceKey key;
  soci::statement statement(sql);
  statement.exchange(soci::into(key.project_id));
  statement.exchange(soci::into(key.instance_id));
  statement.exchange(soci::use(after));
  statement.exchange(soci::use(to));
  prepare(statement,
          "SELECT project_id, instance_id FROM forgotten_instance "
          "WHERE batch > :after AND batch <= :to");
  return fetch_all(statement, key);
}

std::optional<long long> oldest_of_newest(soci::session& sql, std::size_t count) {
  const auto skipped = static_cast<long long>(count);
  long long seen_at = 0;
  sql << "SELECT seen_at FROM availability ORDER BY seen_at DESC LIMIT 1 OFFSET :skipped",
      soci::into(seen_at), soci::use(skipped);
  if (sql.got_data()) return seen_at;
  soci::indicator present = soci::i_null;
  sql << "SELECT MIN(seen_at) FROM availability", soci::into(seen_at, present);
  if (present == soci::i_null) return std::nullopt;
  return seen_at;
}

std::vector<SeenOfInstance> observations_since(soci::session& sql, long long time,
                                               std::size_t limit) {
  const auto count = static_cast<long long>(limit);
  return select(sql, "seen_at >= :time ORDER BY seen_at LIMIT :count", time, count);
}

std::size_t delete_observations_before(soci::session& sql, long long time, std::size_t limit) {
  return delete_oldest(sql, "seen_at < :value", time, limit);
}

std::size_t delete_oldest_observations(soci::session& sql, const std::string& project_id,
                                       std::size_t limit) {
  return delete_oldest(sql, "project_id = :value", project_id, limit);
}

std::vector<ProjectRows> projects_beyond(soci::session& sql, std::size_t rows) {
  const auto bound = static_cast<long long>(rows);
  std::string project_id;
  long long count = 0;
  soci::statement statement(sql);
  statement.exchange(soci::into(project_id));
  statement.exchange(soci::into(count));
  statement.exchange(soci::use(bound));
  prepare(statement,
          "SELECT project_id, COUNT(*) FROM availability GROUP BY project_id "
          "HAVING COUNT(*) > :bound ORDER BY COUNT(*) DESC, project_id");
  std::vector<ProjectRows> projects;
  for (bool got = statement.execute(true); got; got = statement.fetch()) {
    projects.push_back({project_id, static_cast<std::size_t>(count)});
  }
  return projects;
}

std::size_t count_all_observations(soci::session& sql) {
  long long count = 0;
  sql << "SELECT COUNT(*) FROM availability", soci::into(count);
  return static_cast<std::size_t>(count);
}

}  // namespace console_policy::store
