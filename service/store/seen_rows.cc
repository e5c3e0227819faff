// SPDX-License-Identifier: Apache-2.0
#include "service/store/seen_rows.h"

#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {
namespace {

Error broken_row(const SeenRow& row, const std::string& what) {
  return Error{ErrorCode::internal, "what was seen of consoles cannot be read",
               "a database row of availability (console_type '" + row.console_type +
                   "') is broken: " + what};
}

std::optional<int> known(long long number) {
  if (number < 0) return std::nullopt;
  return static_cast<int>(number);
}

}  // namespace

std::string SeenRow::columns() {
  return "console_type, status, host_id, instance_updated, seen_at, nova_status, milliseconds";
}

void SeenRow::bind_columns(soci::statement& statement) {
  statement.exchange(soci::into(console_type));
  statement.exchange(soci::into(status));
  statement.exchange(soci::into(host_id));
  statement.exchange(soci::into(instance_updated));
  statement.exchange(soci::into(seen_at));
  statement.exchange(soci::into(nova_status));
  statement.exchange(soci::into(milliseconds));
}

Result<SeenType> to_seen_type(const SeenRow& row) {
  const std::optional<ConsoleType> type = parse_console_type(row.console_type);
  if (!type) return broken_row(row, "no such console type");
  const std::optional<AvailabilityStatus> status = parse_availability_status(row.status);
  if (!status) return broken_row(row, "unknown status");
  const Status host_id = check_host_id(row.host_id);
  if (!host_id.ok()) return broken_row(row, "host_id: " + host_id.error().message);
  return SeenType{*type, *status, Fingerprint{from_microseconds(row.instance_updated), row.host_id},
                  from_microseconds(row.seen_at),
                  NovaAnswer{known(row.nova_status), known(row.milliseconds)}};
}

SeenRow to_row(const SeenType& seen) {
  SeenRow row;
  row.console_type = name(seen.type);
  row.status = name(seen.status);
  row.host_id = seen.fingerprint.host_id;
  row.instance_updated = to_microseconds(seen.fingerprint.instance_updated);
  row.seen_at = to_microseconds(seen.seen_at);
  row.nova_status = seen.answer.status.value_or(SeenRow::unknown);
  row.milliseconds = seen.answer.milliseconds.value_or(SeenRow::unknown);
  return row;
}

}  // namespace console_policy::store
