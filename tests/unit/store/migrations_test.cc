// SPDX-License-Identifier: Apache-2.0
#include "service/store/migrations.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <future>

#include "service/store/database.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;
using std::chrono::milliseconds;
using std::chrono::minutes;

namespace {

Status migrate_database(const Options& options, const std::vector<Migration>& migrations,
                        milliseconds limit = milliseconds{5000}) {
  Database database(make_dialect(options).value(), options);
  return database.follow([&](soci::session& sql) {
    return migrate(sql, database.dialect(), migrations, std::chrono::steady_clock::now() + limit);
  });
}

std::vector<Migration> with_one_more(std::string_view sql) {
  std::vector<Migration> migrations = embedded_migrations();
  migrations.push_back(
      Migration{static_cast<long long>(migrations.size()) + 1, "9999_test.sql", sql});
  return migrations;
}

constexpr const char* two_statements =
    "-- Isn't it; really.\n"
    "CREATE TABLE extra (id BIGINT NOT NULL, PRIMARY KEY (id)) ${TABLE_OPTIONS};\n"
    "INSERT INTO extra VALUES (7);\n";

long long microseconds_ago(minutes time) {
  const auto then = std::chrono::system_clock::now() - time;
  return std::chrono::duration_cast<std::chrono::microseconds>(then.time_since_epoch()).count();
}

// As another program leaves it that began to apply the migration after the embedded ones.
void claim_next(RawDatabase& raw, minutes ago) {
  raw.run("INSERT INTO schema_version VALUES (" + std::to_string(embedded_migrations().size() + 1) +
          ", '9999_test.sql', " + std::to_string(-microseconds_ago(ago)) + ")");
}

bool has_table(RawDatabase& raw, const std::string& name) {
  const std::string tables =
      on_mariadb() ? "SELECT count(*) FROM information_schema.tables WHERE table_schema = "
                     "DATABASE() AND table_name = '"
                   : "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '";
  return raw.value(tables + name + "'") == "1";
}

std::string newest_version() {
  return std::to_string(embedded_migrations().size());
}

}  // namespace

TEST_CASE("The embedded migrations are numbered from 1 without gaps, as their files are") {
  const std::vector<Migration> migrations = embedded_migrations();
  REQUIRE_FALSE(migrations.empty());
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    CHECK(migrations[i].version == static_cast<long long>(i + 1));
    const std::string number = std::to_string(i + 1);
    const std::string prefix = std::string(4 - number.size(), '0') + number + "_";
    CHECK(migrations[i].name.substr(0, prefix.size()) == prefix);
  }
}

TEST_CASE("A new database gets every migration, each with its row in schema_version") {
  const TemporaryStore store;
  RawDatabase raw(store.options);
  const std::vector<std::string> rows = raw.run(
      "SELECT version || ' ' || name FROM schema_version WHERE applied_at > 0 "
      "ORDER BY version");
  REQUIRE(rows.size() == embedded_migrations().size());
  CHECK(rows.front() == "1 0001_policies.sql");
  if (on_mariadb()) {
    CHECK(raw.value("SELECT count(*) FROM information_schema.tables WHERE table_schema = "
                    "DATABASE() AND (engine <> 'InnoDB' OR table_collation <> "
                    "'utf8mb4_nopad_bin')") == "0");
  } else {
    CHECK(raw.value("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%${%'") == "0");
    CHECK(raw.value("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE "
                    "'%WITHOUT ROWID'") == "0");
  }
}

TEST_CASE("A migration of several statements is applied once") {
  const TemporaryStore store;
  REQUIRE(migrate_database(store.options, with_one_more(two_statements)).ok());
  REQUIRE(migrate_database(store.options, with_one_more(two_statements)).ok());
  RawDatabase raw(store.options);
  CHECK(raw.run("SELECT id FROM extra") == std::vector<std::string>{"7"});
  CHECK(raw.value("SELECT name FROM schema_version ORDER BY version DESC LIMIT 1") ==
        "9999_test.sql");
}

TEST_CASE("A migration that fails leaves an SQLite database at the version before", "[sqlite]") {
  const TemporaryFolder folder;
  const Options options = sqlite_options(folder.file("policy.db"));
  const auto broken =
      with_one_more("CREATE TABLE extra (id BIGINT); INSERT INTO nonsense VALUES (1)");
  CHECK_FALSE(migrate_database(options, broken).ok());
  RawDatabase raw(options);
  CHECK(raw.value("SELECT max(version) FROM schema_version") == newest_version());
  CHECK_FALSE(has_table(raw, "extra"));
  CHECK(migrate_database(options, with_one_more(two_statements)).ok());
}

TEST_CASE("A migration that another program applies is waited for and not applied again") {
  const TemporaryStore store;
  RawDatabase raw(store.options);
  claim_next(raw, minutes{0});
  std::future<bool> migrated = std::async(std::launch::async, [&] {
    return migrate_database(store.options, with_one_more(two_statements), milliseconds{20'000})
        .ok();
  });
  CHECK(migrated.wait_for(milliseconds{100}) == std::future_status::timeout);
  raw.run("UPDATE schema_version SET applied_at = 1 WHERE applied_at < 0");
  CHECK(migrated.get());
  CHECK_FALSE(has_table(raw, "extra"));
}

TEST_CASE("A migration that another program applies beyond the deadline is unavailable") {
  const TemporaryStore store;
  RawDatabase raw(store.options);
  claim_next(raw, minutes{0});
  const Status migrated =
      migrate_database(store.options, with_one_more(two_statements), milliseconds{50});
  REQUIRE_FALSE(migrated.ok());
  CHECK(migrated.error().code == ErrorCode::unavailable);
  CHECK_THAT(migrated.error().internal, Contains("another program applies migration 9999_test"));
}

TEST_CASE("The claim of a program that died is taken over after two minutes") {
  const TemporaryStore store;
  RawDatabase raw(store.options);
  claim_next(raw, minutes{3});
  // What the program had applied already: MariaDB commits each statement by itself.
  if (on_mariadb()) raw.run("CREATE TABLE extra (id BIGINT NOT NULL, PRIMARY KEY (id))");
  REQUIRE(migrate_database(store.options, with_one_more(two_statements)).ok());
  CHECK(raw.value("SELECT id FROM extra") == "7");
  CHECK(raw.value("SELECT count(*) FROM schema_version WHERE applied_at < 0") == "0");
}

TEST_CASE("A newer database of the same thousand of versions opens") {
  TemporaryStore store;
  put(*store, project("p"), says("kept"));
  RawDatabase(store.options).run("INSERT INTO schema_version VALUES (41, '0041_later.sql', 1)");
  store.reopen();
  CHECK(reason_of(*store, project("p")) == "kept");
  CHECK(put(*store, project("p"), says("next")).revision == 2);
}

TEST_CASE("A database of the next thousand of versions is refused with both versions") {
  TemporaryStore store;
  put(*store, project("p"), says("kept"));
  store.store.reset();
  RawDatabase raw(store.options);
  raw.run("INSERT INTO schema_version VALUES (1000, '1000_later.sql', 1)");
  const Result<std::unique_ptr<Store>> opened = open_store(store.options);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::invalid_request);
  CHECK_THAT(opened.error().message, Contains("database "));
  CHECK_THAT(opened.error().message, Contains("schema version 1000"));
  CHECK_THAT(opened.error().message, Contains("knows version " + newest_version()));
  CHECK(raw.value("SELECT count(*) FROM policy") == "1");
}

TEST_CASE("Versions are compatible within a thousand, and older ones always") {
  CHECK(is_compatible(0, 5));
  CHECK(is_compatible(5, 5));
  CHECK(is_compatible(999, 5));
  CHECK_FALSE(is_compatible(1000, 5));
  CHECK(is_compatible(5, 1001));
  CHECK(is_compatible(1999, 1001));
  CHECK_FALSE(is_compatible(2000, 1001));
}

TEST_CASE("A database of another program is refused and stays unchanged") {
  const TemporaryDatabase database;
  RawDatabase raw(database.options());
  raw.run("CREATE TABLE instances (id INTEGER)");
  const Result<std::unique_ptr<Store>> opened = open_store(database.options());
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::invalid_request);
  CHECK_THAT(opened.error().message, Contains("database "));
  CHECK_THAT(opened.error().message, Contains("not a console-policy database"));
  if (on_mariadb()) {
    CHECK(raw.run("SHOW TABLES").size() == 1);
  } else {
    CHECK(raw.value("PRAGMA journal_mode") == "delete");
    CHECK(raw.value("SELECT count(*) FROM sqlite_master") == "1");
  }
}

TEST_CASE("A schema_version of another program is an error and stays unchanged", "[sqlite]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  RawDatabase raw(path);
  raw.run("CREATE TABLE schema_version (id INTEGER)");
  const Result<std::unique_ptr<Store>> opened = open_store(sqlite_options(path));
  REQUIRE_FALSE(opened.ok());
  CHECK_THAT(opened.error().message, Contains(path));
  CHECK(raw.value("PRAGMA journal_mode") == "delete");
  CHECK(raw.value("SELECT count(*) FROM sqlite_master") == "1");
}

TEST_CASE("Programs that start at once on a new database all succeed") {
  const int rounds = on_mariadb() ? 2 : 8;
  for (int round = 0; round < rounds; ++round) {
    const TemporaryDatabase database;
    std::vector<pid_t> children;
    for (int i = 0; i < 5; ++i) {
      const pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        const Result<std::unique_ptr<Store>> opened = open_store(database.options());
        // On a shared database a start whose deadline has passed goes on trying.
        const bool fine = opened.ok() && eventually([&] { return opened.value()->figures().up; });
        if (!opened.ok()) ::dprintf(2, "%s\n", opened.error().internal.c_str());
        ::_exit(fine ? 0 : 1);
      }
      children.push_back(child);
    }
    for (const pid_t child : children) {
      int status = -1;
      REQUIRE(::waitpid(child, &status, 0) == child);
      CHECK(status == 0);
    }
    CHECK(RawDatabase(database.options()).value("SELECT count(*) FROM schema_version") ==
          newest_version());
  }
}
