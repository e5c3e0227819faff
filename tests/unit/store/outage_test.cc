// SPDX-License-Identifier: Apache-2.0
// The database hangs, or is away at the start.
#include <catch2/catch.hpp>
#include <future>

#include "service/store/snapshot_file.h"
#include "tests/unit/store/hanging_database.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/seen.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;
using std::chrono::milliseconds;

namespace {

constexpr int instances = 33'000;

std::string project_of(int number) {
  return "p" + std::to_string(number % 10);
}

std::string reason_for(int number) {
  return std::to_string(number % 100);
}

// A policy and an observation for each instance.
void fill(const Options& options) {
  open_or_fail(options);  // makes the tables
  RawDatabase raw(options);
  constexpr int rows_of_a_statement = 1000;
  for (int first = 0; first < instances; first += rows_of_a_statement) {
    std::string policies;
    std::string observations;
    for (int i = first; i < first + rows_of_a_statement; ++i) {
      const char* const separator = i == first ? "" : ", ";
      const std::string id = instance_id(i);
      const std::string project_id = project_of(i);
      policies += std::string(separator) + "('instance', '" + project_id + "', '" + id +
                  "', '{\"prefer\":[\"VNC\"],\"deny\":[],\"allow\":[],\"reason\":\"" +
                  reason_for(i) + "\",\"expires_at\":null}', 1, 1, 1, 'alice')";
      observations += std::string(separator) + "('" + project_id + "', '" + id +
                      "', 'SPICE', 'opened', 'a0', 1, " + std::to_string(i + 1) + ", -1, -1, 0)";
    }
    raw.run("INSERT INTO policy VALUES " + policies);
    raw.run("INSERT INTO availability VALUES " + observations);
  }
}

// Of a server that is not there: the port is taken, and nothing listens.
Options options_of_absent_server(const ClosedPort& port) {
  Options options;
  options.url = "mysql://u@127.0.0.1:" + std::to_string(port.number()) + "/d";
  options.poll_interval = milliseconds{20};
  options.wait_timeout = milliseconds{100};
  return options;
}

}  // namespace

TEST_CASE("Resolutions of 33,000 instances answer while every read of the database hangs") {
  const TemporaryDatabase database;
  fill(database.options());
  Options options = database.options();
  options.wait_timeout = std::chrono::seconds{20};
  const std::unique_ptr<Store> store = open_or_fail(options);
  REQUIRE(eventually([&] { return store->figures().observations == instances; }));
  std::future<bool> read;
  {
    const HangingDatabase hanging(options);
    read = std::async(std::launch::async, [&] { return store->find(project("p")).ok(); });
    int wrong = 0;
    for (int i = 0; i < instances; ++i) {
      const Result<InForce> found = store->in_force({cloud(), instance(project_of(i), i)});
      const bool right = found.ok() && found.value().policies[1] != nullptr &&
                         found.value().policies[1]->reason == reason_for(i) &&
                         known(*store, project_of(i), i).size() == 1;
      wrong += right ? 0 : 1;
    }
    CHECK(wrong == 0);
    learn(*store, "p0", 0, {seen(vnc, unavailable)});
    CHECK(known(*store, "p0", 0).size() == 2);
    // It hangs still, or SQLite has given up.
    const bool answered = read.wait_for(milliseconds{0}) == std::future_status::ready && read.get();
    CHECK_FALSE(answered);
    // After some seconds without the database the store reports the age of its policies.
    CHECK(eventually([&] { return !store->figures().up; }));
    CHECK_THAT(store->check().value(), Contains("policies from memory") && Contains("s old"));
  }
  CHECK(eventually([&] { return store->figures().up; }));
  CHECK(store->check().value().empty());
  put(*store, project("p"), says("after"));
  CHECK(reason_of(*store, project("p")) == "after");
  CHECK(store->figures().reloads == 0);
}

TEST_CASE("A store on a shared database that is away at the start serves the snapshot file") {
  const TemporaryFolder folder;
  const ClosedPort port;
  Options options = options_of_absent_server(port);
  options.snapshot_file = folder.file("snapshot");
  REQUIRE(write_snapshot_file(options.snapshot_file,
                              {{project("p"), std::make_shared<const Policy>(says("kept"))}},
                              {7, "id-7"})
              .ok());
  Reports reports;
  const std::unique_ptr<Store> store = open_or_fail(options, reports.receiver());
  CHECK(reason_of(*store, project("p")) == "kept");
  CHECK(revision_of(*store) == 7);
  CHECK(store->figures().loaded);
  CHECK_FALSE(store->figures().up);
  REQUIRE(store->check().ok());
  CHECK_THAT(store->check().value(), Contains("policies from memory") && Contains("s old"));
  CHECK(reports.count("policies come from the snapshot file") == 1);
  CHECK_FALSE(store->put(project("p"), says("x"), author(), allow).ok());
}

TEST_CASE("Without a usable snapshot file a store whose database is away serves nothing") {
  const TemporaryFolder folder;
  const ClosedPort port;
  Options options = options_of_absent_server(port);
  const bool broken = GENERATE(false, true);
  if (broken) options.snapshot_file = folder.write("snapshot", "not a snapshot\n");
  Reports reports;
  const std::unique_ptr<Store> store = open_or_fail(options, reports.receiver());
  const Result<InForce> found = store->in_force({cloud()});
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == ErrorCode::unavailable);
  REQUIRE_FALSE(store->check().ok());
  CHECK_THAT(store->check().error().message, Contains("waiting for the database"));
  CHECK_FALSE(store->figures().loaded);
  CHECK(reports.count("waiting for the database: nothing is served") == 1);
  CHECK(reports.count("no policies until the database can be reached") == (broken ? 1 : 0));
}
