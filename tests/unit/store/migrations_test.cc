// SPDX-License-Identifier: Apache-2.0
#include "service/store/migrations.h"

#include <soci/soci.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "service/store/sqlite_file.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

Deadline soon() {
  return steady_clock::now() + milliseconds{5000};
}

// Migrates the file as it stands, with an empty one made when there is none.
Status migrate_file(const std::string& path, const std::vector<Migration>& migrations) {
  Status there = ensure_database_file(path);
  if (!there.ok()) return there;
  Session session(path, soon());
  return migrate(session, path, migrations, soon());
}

std::vector<Migration> with_one_more(std::string_view sql) {
  std::vector<Migration> migrations = embedded_migrations();
  migrations.push_back(
      Migration{static_cast<long long>(migrations.size()) + 1, "9999_test.sql", sql});
  return migrations;
}

constexpr const char* two_tables =
    "-- Isn't it; really.\n"
    "CREATE TABLE extra (id BIGINT NOT NULL, PRIMARY KEY (id)) ${TABLE_OPTIONS};\n"
    "INSERT INTO extra VALUES (7);\n";

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
  RawDatabase raw(store.path);
  const std::vector<Migration> migrations = embedded_migrations();
  const std::vector<std::string> rows =
      raw.run("SELECT version || ' ' || name FROM schema_version ORDER BY version");
  REQUIRE(rows.size() == migrations.size());
  CHECK(rows.front() == "1 0001_policies.sql");
  CHECK(raw.value("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%${%'") == "0");
  CHECK(raw.value("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE "
                  "'%WITHOUT ROWID'") == "0");
}

TEST_CASE(
    "A database of the first version keeps what it holds and gets the indexes of the second") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  REQUIRE(migrate_file(path, {embedded_migrations().front()}).ok());
  RawDatabase raw(path);
  raw.run("UPDATE revision_counter SET revision = 1");
  raw.run(
      "INSERT INTO policy VALUES ('project', 'p', '', "
      "'{\"prefer\":[\"VNC\"],\"deny\":[],\"allow\":[],\"reason\":null,\"expires_at\":null}', 1, "
      "5, "
      "5, 'alice')");
  REQUIRE(migrate_file(path, embedded_migrations()).ok());
  const std::unique_ptr<Store> store = open_or_fail(options_for(path));
  CHECK(store->list_by_update({}, Direction::descending, std::nullopt, 10).value().size() == 1);
  CHECK(raw.value("SELECT count(*) FROM sqlite_master WHERE name LIKE 'change\\_log\\_%\\_time' "
                  "ESCAPE '\\'") == "3");
  CHECK(raw.value("SELECT count(*) FROM sqlite_master WHERE name IN ('policy_updated', "
                  "'change_log_time')") == "0");
}

TEST_CASE("A migration of several statements is applied whole") {
  const TemporaryStore store;
  REQUIRE(migrate_file(store.path, with_one_more(two_tables)).ok());
  RawDatabase raw(store.path);
  CHECK(raw.value("SELECT id FROM extra") == "7");
  CHECK(raw.value("SELECT name FROM schema_version ORDER BY version DESC LIMIT 1") ==
        "9999_test.sql");
}

TEST_CASE("A database that is up to date is left alone") {
  const TemporaryStore store;
  REQUIRE(migrate_file(store.path, with_one_more(two_tables)).ok());
  REQUIRE(migrate_file(store.path, with_one_more(two_tables)).ok());
  CHECK(RawDatabase(store.path).value("SELECT count(*) FROM schema_version") ==
        std::to_string(embedded_migrations().size() + 1));
}

TEST_CASE("A migration that fails half way leaves the database at the version before") {
  const TemporaryStore store;
  const auto broken =
      with_one_more("CREATE TABLE extra (id BIGINT); INSERT INTO nonsense VALUES (1)");
  CHECK_THROWS_AS(migrate_file(store.path, broken), soci::soci_error);
  RawDatabase raw(store.path);
  CHECK(raw.value("SELECT max(version) FROM schema_version") ==
        std::to_string(embedded_migrations().size()));
  CHECK(raw.value("SELECT count(*) FROM sqlite_master WHERE name = 'extra'") == "0");
  CHECK(migrate_file(store.path, with_one_more(two_tables)).ok());
}

TEST_CASE("A database newer than the program is refused with both versions and the file") {
  TemporaryStore store;
  put(*store, project("p"), says("kept"));
  store.store.reset();
  RawDatabase(store.path).run("INSERT INTO schema_version VALUES (41, '0041_later.sql', 0)");
  const Result<std::unique_ptr<Store>> opened = open_store(options_for(store.path));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::invalid_request);
  CHECK_THAT(opened.error().message, Contains(store.path));
  CHECK_THAT(opened.error().message, Contains("schema version 41"));
  CHECK_THAT(opened.error().message,
             Contains("knows version " + std::to_string(embedded_migrations().size())));
  CHECK(RawDatabase(store.path).value("SELECT count(*) FROM policy") == "1");
}

TEST_CASE("A database of another program is refused and left as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.file("nova.db");
  RawDatabase(path).run("CREATE TABLE instances (id INTEGER)");
  const Result<std::unique_ptr<Store>> opened = open_store(options_for(path));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::invalid_request);
  CHECK_THAT(opened.error().message, Contains(path));
  CHECK_THAT(opened.error().message, Contains("not a console-policy database"));
  RawDatabase raw(path);
  CHECK(raw.value("PRAGMA journal_mode") == "delete");
  CHECK(raw.value("SELECT group_concat(name) FROM sqlite_master") == "instances");
}

TEST_CASE("A schema_version without rows is refused") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  RawDatabase(path).run("CREATE TABLE schema_version (version BIGINT)");
  const Result<std::unique_ptr<Store>> opened = open_store(options_for(path));
  REQUIRE_FALSE(opened.ok());
  CHECK_THAT(opened.error().message, Contains("schema_version has no row"));
}

TEST_CASE("Programs that start at once on a new database all succeed") {
  for (int round = 0; round < 8; ++round) {
    const TemporaryFolder folder;
    const std::string path = folder.file("policy.db");
    std::vector<pid_t> children;
    for (int i = 0; i < 5; ++i) {
      const pid_t child = ::fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        const Result<std::unique_ptr<Store>> opened = open_store(options_for(path));
        const bool fine = opened.ok() && opened.value()->check().ok();
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
    CHECK(RawDatabase(path).value("SELECT count(*) FROM schema_version") ==
          std::to_string(embedded_migrations().size()));
  }
}
