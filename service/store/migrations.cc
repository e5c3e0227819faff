// SPDX-License-Identifier: Apache-2.0
#include "service/store/migrations.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "embedded/migrations.h"
#include "service/store/database.h"
#include "service/store/rows.h"

namespace console_policy::store {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds claim_poll{50};
constexpr std::chrono::microseconds stale_claim = std::chrono::minutes(2);

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

Error refused(const std::string& database, const std::string& why) {
  std::string text = database + " " + why;
  return Error{ErrorCode::invalid_request, text, text};
}

bool has_schema(const std::vector<std::string>& tables) {
  return std::find(tables.begin(), tables.end(), "schema_version") != tables.end();
}

// The newest version that was applied completely; 0 for a database without tables.
Result<long long> schema_version(soci::session& sql, const Dialect& dialect) {
  const std::vector<std::string> tables = dialect.tables(sql);
  if (tables.empty()) return 0LL;
  if (!has_schema(tables)) {
    return refused(dialect.database(),
                   "is not a console-policy database: it has tables of another program and no "
                   "schema_version");
  }
  return select_number(sql, {"SELECT MAX(version) FROM schema_version WHERE applied_at > 0", {}})
      .value_or(0);
}

Status check_not_newer(long long version, const std::vector<Migration>& migrations,
                       const Dialect& dialect) {
  const long long known = migrations.empty() ? 0 : migrations.back().version;
  if (is_compatible(version, known)) return Success{};
  return refused(dialect.database(), "has schema version " + std::to_string(version) +
                                         ", newer than this program, which knows version " +
                                         std::to_string(known) + "; start a newer console-policyd");
}

void apply(soci::session& sql, const Dialect& dialect, const std::string& statement) {
  try {
    const std::string ddl = dialect.to_ddl(statement);
    if (!ddl.empty()) execute(sql, {ddl, {}});
  } catch (const std::exception& thrown) {
    if (!dialect.was_applied_before(thrown)) throw;
  }
}

// The time a migration was applied, negative while it is only claimed; nothing without a claim.
std::optional<long long> applied_at(soci::session& sql, long long version) {
  return select_number(sql, {"SELECT applied_at FROM schema_version WHERE version = ?", {version}});
}

// MariaDB commits at each schema statement, so a transaction does not keep two daemons from
// applying one migration. Instead one claims it: a row of schema_version with the time of the
// claim, negative until the migration is applied. True when this program has the claim, taken over
// from a program that died if need be.
bool claim(soci::session& sql, const Dialect& dialect, const Migration& migration) {
  const long long mine = -to_microseconds(now());
  const std::optional<long long> found = applied_at(sql, migration.version);
  if (found) {
    const bool is_stale = *found < 0 && *found - mine >= stale_claim.count();
    return is_stale &&
           execute(sql, {"UPDATE schema_version SET applied_at = ? WHERE version = ? AND "
                         "applied_at = ?",
                         {mine, migration.version, *found}}) == 1;
  }
  try {
    execute(sql, {"INSERT INTO schema_version (version, name, applied_at) VALUES (?, ?, ?)",
                  {migration.version, std::string(migration.name), mine}});
  } catch (const std::exception& thrown) {
    if (!dialect.was_applied_before(thrown)) throw;
    return false;
  }
  return true;
}

// True when the migration is applied; false while another program applies it.
bool apply_claimed(soci::session& sql, const Dialect& dialect, const Migration& migration,
                   Deadline deadline) {
  dialect.begin_write(sql, deadline);
  Transaction transaction(sql);
  std::vector<std::string> statements = sql_statements(migration.sql);
  // The very first statement creates schema_version, which the claim needs.
  if (!has_schema(dialect.tables(sql))) apply(sql, dialect, statements.front());
  if (!claim(sql, dialect, migration)) {
    return applied_at(sql, migration.version).value_or(0) > 0;
  }
  for (const std::string& statement : statements) {
    const bool creates_schema_version = migration.version == 1 && statement == statements.front();
    if (!creates_schema_version) apply(sql, dialect, statement);
  }
  execute(sql, {"UPDATE schema_version SET applied_at = ? WHERE version = ?",
                {to_microseconds(now()), migration.version}});
  transaction.commit();
  return true;
}

}  // namespace

std::vector<std::string> sql_statements(std::string_view text) {
  std::vector<std::string> statements;
  std::string current;
  const auto finish = [&] {
    const std::string_view statement = trimmed(current);
    if (!statement.empty()) statements.emplace_back(statement);
    current.clear();
  };
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && text.substr(i, 2) == "--") {
      // To the character before the end of the line, which stays as a blank.
      const std::size_t end = text.find('\n', i);
      i = (end == std::string_view::npos ? text.size() : end) - 1;
      continue;
    }
    if (quote == '\0' && c == ';') {
      finish();
      continue;
    }
    // A doubled quote closes and opens again, which comes to the same.
    if (quote == c) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    }
    current += c;
  }
  finish();
  return statements;
}

std::vector<Migration> embedded_migrations() {
  std::vector<Migration> migrations;
  for (const embedded::File& file : embedded::migrations) {
    const long long version = static_cast<long long>(migrations.size()) + 1;
    migrations.push_back(Migration{version, file.name, file.text});
  }
  return migrations;
}

bool is_compatible(long long version, long long known) {
  constexpr long long versions_of_a_major = 1000;
  return version <= known || version / versions_of_a_major == known / versions_of_a_major;
}

Status migrate(soci::session& sql, const Dialect& dialect, const std::vector<Migration>& migrations,
               Deadline deadline) {
  // Before anything is written: a foreign database must stay as it is.
  Result<long long> version = schema_version(sql, dialect);
  if (!version.ok()) return std::move(version).error();
  Status not_newer = check_not_newer(version.value(), migrations, dialect);
  if (!not_newer.ok()) return not_newer;
  Status wal = dialect.enter_wal_mode(sql, deadline);
  if (!wal.ok()) return wal;
  for (const Migration& migration : migrations) {
    if (migration.version <= version.value()) continue;
    while (!apply_claimed(sql, dialect, migration, deadline)) {
      if (steady_clock::now() > deadline) {
        return Error{ErrorCode::unavailable, "the policy store is busy",
                     dialect.database() + ": another program applies migration " +
                         std::string(migration.name)};
      }
      std::this_thread::sleep_for(claim_poll);
    }
  }
  // A database that cannot be written is found out now.
  dialect.begin_write(sql, deadline);
  Transaction transaction(sql);
  execute(sql, {"UPDATE revision_counter SET revision = revision WHERE id = 1", {}});
  return Success{};
}

}  // namespace console_policy::store
