// SPDX-License-Identifier: Apache-2.0
// Databases of earlier versions, with rows in them.
#include <catch2/catch.hpp>

#include "service/store/database.h"
#include "service/store/migrations.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

constexpr const char* body =
    "'{\"prefer\":[\"VNC\"],\"deny\":[],\"allow\":[],\"reason\":\"kept\",\"expires_at\":null}'";

void create_version(const Options& options, std::size_t version) {
  std::vector<Migration> migrations = embedded_migrations();
  migrations.resize(version);
  Database database(make_dialect(options).value(), options);
  const Status migrated = database.follow([&](soci::session& sql) {
    return migrate(sql, database.dialect(), migrations,
                   std::chrono::steady_clock::now() + options.wait_timeout);
  });
  REQUIRE(migrated.ok());
  RawDatabase raw(options);
  raw.run("UPDATE revision_counter SET revision = 2");
  raw.run(std::string("INSERT INTO policy VALUES ('project', 'p', '', ") + body +
          ", 2, 5, 6, 'alice')");
  raw.run(std::string("INSERT INTO change_log VALUES (1, 'id-1', 5, 'create', 'project', 'p', '', "
                      "'req-1', 'alice', NULL, ") +
          body + ")");
  raw.run(std::string("INSERT INTO change_log VALUES (2, 'id-2', 6, 'update', 'project', 'p', '', "
                      "'req-2', 'bob', ") +
          body + ", " + body + ")");
}

}  // namespace

TEST_CASE("A database of every earlier version keeps its policies, changes and revision") {
  const auto version = GENERATE(1U, 2U, 3U, 4U);
  INFO("version " << version);
  const TemporaryDatabase database;
  create_version(database.options(), version);
  const std::unique_ptr<Store> store = open_or_fail(database.options());
  CHECK(revision_of(*store) == 2);
  CHECK(reason_of(*store, project("p")) == "kept");
  CHECK(store->list_by_update({}, Direction::descending, std::nullopt, 10).value().size() == 1);
  const std::vector<Change> changes = store->changes({}, std::nullopt, 10).value();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].id == "id-2");
  CHECK(changes[1].user_id == "alice");
  CHECK(put(*store, project("p"), says("next")).revision == 3);
  CHECK(RawDatabase(database.options()).value("SELECT max(version) FROM schema_version") ==
        std::to_string(embedded_migrations().size()));
}

TEST_CASE("Observations of version 4 are kept and found") {
  const TemporaryDatabase database;
  create_version(database.options(), 4);
  const std::string instance_id = instance("p", 1).instance_id();
  RawDatabase raw(database.options());
  raw.run("INSERT INTO availability VALUES ('p', '" + instance_id +
          "', 'SPICE', 'unavailable', 'a0', 5, 1790000000000000, 400, -1)");
  raw.run("INSERT INTO availability_count VALUES ('p', 1)");
  const std::unique_ptr<Store> store = open_or_fail(database.options());
  const auto seen = [&] {
    return store->seen(ProjectId::parse("p").value(), InstanceId::parse(instance_id).value());
  };
  REQUIRE(eventually([&] { return seen().size() == 1; }));
  CHECK(seen()[0].type == ConsoleType::spice);
  CHECK(seen()[0].status == AvailabilityStatus::unavailable);
  CHECK(seen()[0].fingerprint.host_id == "a0");
  CHECK(seen()[0].answer.status == 400);
  CHECK_FALSE(seen()[0].answer.milliseconds);
}
