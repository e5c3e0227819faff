// SPDX-License-Identifier: Apache-2.0
#include "service/database_command.h"

#include <utility>

#include "service/store/database_file.h"

namespace console_policy {
namespace {

std::string summary(const store::DatabaseReport& report) {
  return "schema version " + std::to_string(report.schema_version) + ", revision " +
         std::to_string(report.revision) + ", " + std::to_string(report.policies) + " policies";
}

Result<std::string> check_whole(const config::Config& settings) {
  Result<store::DatabaseReport> report = store::check_database(settings.store);
  if (!report.ok()) return std::move(report).error();
  if (report.value().faults.empty()) {
    return report.value().path + " is whole: " + summary(report.value());
  }
  std::string words = report.value().path + " is damaged:";
  for (const std::string& fault : report.value().faults) words += "\n  " + fault;
  words +=
      "\nTo go on: stop the service, move the file and its -wal and -shm away, and restore a "
      "backup with console-policyd db restore FILE.";
  return Error{ErrorCode::unavailable, std::move(words), {}};
}

Result<std::string> back_up(const CommandLine& line, const config::Config& settings) {
  Status done = store::back_up_database(settings.store, line.file);
  if (!done.ok()) return std::move(done).error();
  return line.file + " is written, and whole";
}

Result<std::string> restore(const CommandLine& line, const config::Config& settings) {
  Result<store::DatabaseReport> report = store::restore_database(settings.store, line.file);
  if (!report.ok()) return std::move(report).error();
  return report.value().path + " has what " + line.file + " has: " + summary(report.value());
}

}  // namespace

Result<std::string> run_database_command(const CommandLine& line, const config::Config& settings) {
  switch (line.command) {
    case Command::db_backup:
      return back_up(line, settings);
    case Command::db_restore:
      return restore(line, settings);
    case Command::db_check:
    case Command::serve:
    case Command::check_config:
    case Command::print_version:
    case Command::print_usage:
      break;
  }
  return check_whole(settings);
}

}  // namespace console_policy
