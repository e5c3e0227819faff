// SPDX-License-Identifier: Apache-2.0
#include "service/database_command.h"

#include <string_view>
#include <utility>

#include "service/store/database_copy.h"
#include "service/store/database_file.h"

namespace console_policy {
namespace {

std::string summary(const store::DatabaseReport& report) {
  return "schema version " + std::to_string(report.schema_version) + ", revision " +
         std::to_string(report.revision) + ", " + std::to_string(report.policies) + " policies";
}

constexpr const char* repair_sqlite =
    "\nTo repair it: stop the service, move the file and its -wal and -shm away, and restore a "
    "backup with console-policyd db restore FILE.";
constexpr const char* repair_server =
    "\nTo repair it: stop the service and restore a backup of the database server.";

bool is_sqlite(std::string_view url) {
  constexpr std::string_view scheme = "sqlite:";
  return url.substr(0, scheme.size()) == scheme;
}

Result<std::string> check_store(const config::Config& settings) {
  Result<store::DatabaseReport> report = store::check_database(settings.store);
  if (!report.ok()) return std::move(report).error();
  if (report.value().faults.empty()) {
    return report.value().database + " is intact: " + summary(report.value());
  }
  std::string message = report.value().database + " is damaged:";
  for (const std::string& fault : report.value().faults) message += "\n  " + fault;
  message += is_sqlite(settings.store.url) ? repair_sqlite : repair_server;
  return Error{ErrorCode::unavailable, std::move(message), {}};
}

Result<std::string> back_up(const CommandLine& line, const config::Config& settings) {
  Status done = store::back_up_database(settings.store, line.file);
  if (!done.ok()) return std::move(done).error();
  return line.file + " is written and intact";
}

Result<std::string> restore(const CommandLine& line, const config::Config& settings) {
  Result<store::DatabaseReport> report = store::restore_database(settings.store, line.file);
  if (!report.ok()) return std::move(report).error();
  return report.value().database + " has the contents of " + line.file + ": " +
         summary(report.value());
}

Result<std::string> copy(const CommandLine& line, const config::Config& settings) {
  store::Options from = settings.store;
  store::Options to = settings.store;
  from.url = line.from_url;
  to.url = line.to_url;
  Result<store::CopyReport> report = store::copy_database(from, to);
  if (!report.ok()) return std::move(report).error();
  const store::CopyReport& copied = report.value();
  return "Copied " + std::to_string(copied.policies) + " policies, " +
         std::to_string(copied.changes) + " changes and " + std::to_string(copied.observations) +
         " observations, revision " + std::to_string(copied.revision) +
         ". Both databases have the checksum " + copied.checksum + ".";
}

}  // namespace

Result<std::string> run_database_command(const CommandLine& line, const config::Config& settings) {
  switch (line.command) {
    case Command::db_backup:
      return back_up(line, settings);
    case Command::db_restore:
      return restore(line, settings);
    case Command::db_copy:
      return copy(line, settings);
    case Command::db_check:
    case Command::serve:
    case Command::check_config:
    case Command::make_admin_token:
    case Command::print_version:
    case Command::print_usage:
      break;
  }
  return check_store(settings);
}

}  // namespace console_policy
