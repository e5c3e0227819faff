// SPDX-License-Identifier: Apache-2.0
#include "service/store/migrations.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "embedded/migrations.h"
#include "service/store/database_error.h"
#include "service/store/rows.h"
#include "service/store/sql_statements.h"

namespace console_policy::store {
namespace {

// What the databases say differently (schema/migrations/README.md).
constexpr std::string_view table_options = "${TABLE_OPTIONS}";
constexpr std::string_view of_table = "${OF ";
// Rows in the order of their key, and found by it without a second search.
constexpr std::string_view sqlite_table_options = "WITHOUT ROWID";

std::string for_sqlite(std::string text) {
  for (std::size_t at = text.find(table_options); at != std::string::npos;
       at = text.find(table_options)) {
    text.replace(at, table_options.size(), sqlite_table_options);
  }
  // The name of an index says it all.
  for (std::size_t at = text.find(of_table); at != std::string::npos; at = text.find(of_table)) {
    text.erase(at, text.find('}', at) - at + 1);
  }
  return text;
}

Error refused(const std::string& path, const std::string& why) {
  std::string text = "database " + path + " " + why;
  return Error{ErrorCode::invalid_request, text, text};
}

// 0 for a database without tables.
Result<long long> schema_version(Session& session, const std::string& path) {
  const std::vector<std::string> tables = session.tables();
  if (tables.empty()) return 0LL;
  if (std::find(tables.begin(), tables.end(), "schema_version") == tables.end()) {
    return refused(path,
                   "is not a console-policy database: it has tables of another program and no "
                   "schema_version");
  }
  long long version = 0;
  soci::statement statement(session.sql());
  statement.exchange(soci::into(version));
  prepare(statement, "SELECT version FROM schema_version ORDER BY version");
  if (fetch_all(statement, version).empty()) {
    return refused(path, "is damaged: schema_version has no row");
  }
  return version;
}

Status check_not_newer(long long version, const std::vector<Migration>& migrations,
                       const std::string& path) {
  const long long known = migrations.empty() ? 0 : migrations.back().version;
  if (version <= known) return Success{};
  return refused(path, "has schema version " + std::to_string(version) +
                           ", newer than this program, which knows version " +
                           std::to_string(known) + "; start a newer console-policyd");
}

long long now_in_microseconds() {
  const auto now = std::chrono::system_clock::now();
  return to_microseconds(std::chrono::time_point_cast<std::chrono::microseconds>(now));
}

void apply(Session& session, const Migration& migration) {
  for (const std::string& statement : sql_statements(migration.sql)) {
    session.sql() << for_sqlite(statement);
  }
  const std::string name(migration.name);
  const long long applied_at = now_in_microseconds();
  session.sql() << "INSERT INTO schema_version (version, name, applied_at) "
                   "VALUES (:version, :name, :applied_at)",
      soci::use(migration.version), soci::use(name), soci::use(applied_at);
}

}  // namespace

std::vector<Migration> embedded_migrations() {
  std::vector<Migration> migrations;
  for (const embedded::File& file : embedded::migrations) {
    const long long version = static_cast<long long>(migrations.size()) + 1;
    migrations.push_back(Migration{version, file.name, file.text});
  }
  return migrations;
}

Status migrate(Session& session, const std::string& path, const std::vector<Migration>& migrations,
               Deadline deadline) {
  session.wait_for_locks_until(deadline);
  // Looked at before anything is written: a foreign database must stay as it is.
  Result<long long> version = schema_version(session, path);
  if (!version.ok()) return std::move(version).error();
  Status not_newer = check_not_newer(version.value(), migrations, path);
  if (!not_newer.ok()) return not_newer;
  if (!session.enter_wal_mode(deadline)) return busy_error(path);

  for (const Migration& migration : migrations) {
    session.wait_for_locks_until(deadline);
    Transaction transaction(session);
    // Another program may have applied it while this one waited for the lock.
    version = schema_version(session, path);
    if (!version.ok()) return std::move(version).error();
    if (version.value() >= migration.version) continue;
    apply(session, migration);
    transaction.commit();
  }
  // The lock is had even when there was nothing to apply, so a database that cannot be written is
  // found out now; and another program may have gone further than this one knows.
  const Transaction transaction(session);
  version = schema_version(session, path);
  if (!version.ok()) return std::move(version).error();
  return check_not_newer(version.value(), migrations, path);
}

}  // namespace console_policy::store
