// SPDX-License-Identifier: Apache-2.0
#include "service/store/observation_rows.h"

#include <algorithm>
#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {
namespace {

constexpr long long not_reported = -1;  // by Nova

struct ObservationRow {
  std::string project_id;
  std::string instance_id;
  std::string type;
  std::string status;
  std::string host_id;
  long long instance_updated{0};
  long long seen_at{0};
  long long nova_status{not_reported};
  long long milliseconds{not_reported};

  static constexpr const char* columns =
      "project_id, instance_id, console_type, status, host_id, instance_updated, seen_at, "
      "nova_status, milliseconds";
  void bind(soci::statement& statement) {
    bind_columns(statement, project_id, instance_id, type, status, host_id, instance_updated,
                 seen_at, nova_status, milliseconds);
  }
};

struct ForgottenRow {
  ForgottenInstance instance;
  void bind(soci::statement& statement) {
    bind_columns(statement, instance.key.project_id, instance.key.instance_id, instance.batch);
  }
};

struct HistoryRow {
  std::string day;
  std::string opened;
  long long instances{0};
  void bind(soci::statement& statement) { bind_columns(statement, day, opened, instances); }
};

// The types whose names stand in the text with commas between them, but for those of a newer
// version.
std::vector<ConsoleType> types_in(std::string_view names) {
  std::vector<ConsoleType> types;
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const std::optional<ConsoleType> type = parse_console_type(names.substr(0, comma));
    if (type) types.push_back(*type);
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  return types;
}

std::optional<int> reported(long long number) {
  if (number < 0) return std::nullopt;
  return static_cast<int>(number);
}

std::optional<SeenOfInstance> to_observation(const ObservationRow& row) {
  const std::optional<ConsoleType> type = parse_console_type(row.type);
  const std::optional<AvailabilityStatus> status = parse_availability_status(row.status);
  if (!type || !status || !check_host_id(row.host_id).ok()) return std::nullopt;
  return SeenOfInstance{
      row.project_id, row.instance_id,
      SeenType{*type, *status, Fingerprint{from_microseconds(row.instance_updated), row.host_id},
               from_microseconds(row.seen_at),
               NovaAnswer{reported(row.nova_status), reported(row.milliseconds)}}};
}

std::vector<SeenOfInstance> select_observations(soci::session& sql, const std::string& condition,
                                                const Values& values) {
  std::vector<SeenOfInstance> found;
  for_each_row(
      sql,
      {std::string("SELECT ") + ObservationRow::columns + " FROM availability WHERE " + condition,
       values},
      ObservationRow{}, [&found](const ObservationRow& row) {
        std::optional<SeenOfInstance> one = to_observation(row);
        if (one) found.push_back(*std::move(one));
      });
  return found;
}

}  // namespace

long long newest_batch(soci::session& sql) {
  return select_number(sql, {"SELECT batch FROM observation_counter WHERE id = 1", {}}).value_or(0);
}

long long next_batch(soci::session& sql) {
  execute(sql, {"UPDATE observation_counter SET batch = batch + 1 WHERE id = 1", {}});
  return newest_batch(sql);
}

// Many rows in one statement: a network database takes a round trip for each statement.
void write_observations(soci::session& sql, const std::vector<SeenOfInstance>& rows,
                        long long batch) {
  for (std::size_t at = 0; at < rows.size(); at += rows_of_a_statement) {
    Query query{
        std::string("REPLACE INTO availability (") + ObservationRow::columns + ", batch) VALUES ",
        {}};
    const std::size_t end = std::min(at + rows_of_a_statement, rows.size());
    for (std::size_t i = at; i < end; ++i) {
      const SeenType& seen = rows[i].seen;
      query.add(i == at ? "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" : ", (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                {rows[i].project_id, rows[i].instance_id, std::string(name(seen.type)),
                 std::string(name(seen.status)), seen.fingerprint.host_id,
                 to_microseconds(seen.fingerprint.instance_updated), to_microseconds(seen.seen_at),
                 seen.answer.status.value_or(not_reported),
                 seen.answer.milliseconds.value_or(not_reported), batch});
    }
    execute(sql, query);
  }
}

void delete_observations(soci::session& sql, const InstanceKey& key) {
  execute(sql, {"DELETE FROM availability WHERE project_id = ? AND instance_id = ?",
                {key.project_id, key.instance_id}});
}

void mark_forgotten(soci::session& sql, const InstanceKey& key, long long batch) {
  execute(sql, {"REPLACE INTO forgotten_instance (project_id, instance_id, batch) VALUES (?, ?, ?)",
                {key.project_id, key.instance_id, batch}});
}

std::vector<SeenOfInstance> observations_between(soci::session& sql, long long after,
                                                 long long to) {
  return select_observations(sql, "batch > ? AND batch <= ?", {after, to});
}

std::vector<ForgottenInstance> forgotten_between(soci::session& sql, long long after,
                                                 long long to) {
  std::vector<ForgottenInstance> instances;
  for_each_row(sql,
               {"SELECT project_id, instance_id, batch FROM forgotten_instance "
                "WHERE batch > ? AND batch <= ?",
                {after, to}},
               ForgottenRow{},
               [&instances](const ForgottenRow& row) { instances.push_back(row.instance); });
  return instances;
}

std::optional<long long> oldest_of_newest(soci::session& sql, std::size_t count) {
  const std::optional<long long> time =
      select_number(sql, {"SELECT seen_at FROM availability ORDER BY seen_at DESC LIMIT 1 OFFSET ?",
                          {static_cast<long long>(count - 1)}});
  return time ? time : select_number(sql, {"SELECT MIN(seen_at) FROM availability", {}});
}

std::vector<SeenOfInstance> observations_since(soci::session& sql, long long time,
                                               std::size_t limit) {
  return select_observations(sql, "seen_at >= ? ORDER BY seen_at LIMIT ?",
                             {time, static_cast<long long>(limit)});
}

void write_history(soci::session& sql, const std::string& day,
                   const std::map<std::vector<ConsoleType>, std::int64_t>& counts) {
  execute(sql, {"DELETE FROM availability_history WHERE day = ?", {day}});
  for (const auto& [types, instances] : counts) {
    std::string opened;
    for (const ConsoleType type : types) {
      if (!opened.empty()) opened += ',';
      opened += name(type);
    }
    execute(sql, {"INSERT INTO availability_history (day, opened, instances) VALUES (?, ?, ?)",
                  {day, opened, static_cast<long long>(instances)}});
  }
}

void delete_history_before(soci::session& sql, const std::string& day) {
  execute(sql, {"DELETE FROM availability_history WHERE day < ?", {day}});
}

std::vector<OpenedOnDay> read_history(soci::session& sql, const std::string& since_day) {
  std::vector<OpenedOnDay> days;
  for_each_row(sql,
               {"SELECT day, opened, instances FROM availability_history WHERE day >= ? "
                "ORDER BY day, opened",
                {since_day}},
               HistoryRow{}, [&days](const HistoryRow& row) {
                 days.push_back({row.day, types_in(row.opened), row.instances});
               });
  return days;
}

}  // namespace console_policy::store
