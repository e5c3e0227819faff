// SPDX-License-Identifier: Apache-2.0
// How long changes are kept.
#include <catch2/catch.hpp>

#include "service/store/sql_store.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

constexpr long long hour = 3'600'000'000;  // in microseconds
constexpr long long today = 1'790'000'000'000'000;

void keep_one_day(Options& options) {
  options.keep_changes = std::chrono::hours(24);
}

void put_at(Store& store, long long time) {
  REQUIRE(store.put(project("p"), says(std::to_string(time)), author("alice", time), allow).ok());
}

Status maintain(const TemporaryStore& store) {
  return static_cast<SqlStore&>(*store).maintain(at(today));
}

std::vector<Revision> logged(Store& store) {
  const std::vector<Change> changes = store.changes({}, std::nullopt, 1000).value();
  std::vector<Revision> revisions;
  for (const Change& change : changes) revisions.push_back(change.revision);
  return revisions;
}

}  // namespace

TEST_CASE("Changes older than the retention are deleted") {
  const TemporaryStore store(keep_one_day);
  for (const long long age : {72, 48, 25, 24, 1}) put_at(*store, today - age * hour);
  REQUIRE(maintain(store).ok());
  CHECK(logged(*store) == std::vector<Revision>{5, 4});
  CHECK(revision_of(*store) == 5);
  CHECK(reason_of(*store, project("p")) == std::to_string(today - hour));
}

TEST_CASE("The newest change is never deleted, so no store has to load again") {
  const TemporaryStore store(keep_one_day);
  const std::unique_ptr<Store> other = open_or_fail(store.options);
  for (const long long age : {72, 48, 25}) put_at(*store, today - age * hour);
  REQUIRE(eventually([&] { return revision_of(*other) == 3; }));
  REQUIRE(maintain(store).ok());
  CHECK(logged(*store) == std::vector<Revision>{3});
  put_at(*other, today);
  put_at(*store, today);
  CHECK(eventually([&] { return revision_of(*other) == 5; }));
  CHECK(store->figures().reloads == 0);
  CHECK(other->figures().reloads == 0);
}

TEST_CASE("A store whose next change was deleted meanwhile loads everything") {
  const TemporaryStore store(keep_one_day);
  Options seldom = store.options;
  seldom.poll_interval = std::chrono::hours(1);
  const std::unique_ptr<Store> behind = open_or_fail(seldom);
  for (const long long age : {72, 48, 25}) put_at(*store, today - age * hour);
  REQUIRE(maintain(store).ok());
  put_at(*behind, today);
  CHECK(revision_of(*behind) == 4);
  CHECK(reason_of(*behind, project("p")) == std::to_string(today));
  CHECK(behind->figures().reloads == 1);
}

TEST_CASE("Many old changes are deleted in steps") {
  const TemporaryStore store(keep_one_day);
  constexpr int count = 1000;
  std::string values;
  for (int i = 1; i <= count; ++i) {
    const std::string number = std::to_string(i);
    values += (i == 1 ? "(" : ", (") + number + ", 'id-" + number +
              "', 5, 'remove', 'project', 'p', '', 'r', 'u', NULL, NULL)";
  }
  RawDatabase raw(store.options);
  raw.run("INSERT INTO change_log VALUES " + values);
  raw.run("UPDATE revision_counter SET revision = " + std::to_string(count));
  REQUIRE(maintain(store).ok());
  CHECK(raw.value("SELECT count(*) FROM change_log") == "1");
}

TEST_CASE("Instances that were forgotten long ago are deleted from the list for other stores") {
  const TemporaryStore store;
  RawDatabase raw(store.options);
  raw.run("INSERT INTO forgotten_instance VALUES ('p', 'old', 1), ('p', 'new', 19000)");
  raw.run("UPDATE observation_counter SET batch = 20000");
  REQUIRE(maintain(store).ok());
  CHECK(raw.run("SELECT instance_id FROM forgotten_instance") == std::vector<std::string>{"new"});
}
