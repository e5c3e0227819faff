// SPDX-License-Identifier: Apache-2.0
// A connection to MariaDB that is lost within a write.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;
using std::chrono::milliseconds;

namespace {

// Ends the connections to the database of `raw` that the condition selects; false without any.
bool kill_connections(RawDatabase& raw, const std::string& condition) {
  const std::vector<std::string> ids = raw.run(
      "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND " + condition);
  for (const std::string& id : ids) raw.run("KILL " + id);
  return !ids.empty();
}

void check_written_once(const TemporaryStore& store, RawDatabase& raw) {
  CHECK(reason_of(*store, project("p")) == "x");
  CHECK(find(*store, project("p"))->revision == 1);
  CHECK(raw.value("SELECT count(*) FROM change_log") == "1");
  CHECK(raw.value("SELECT revision FROM revision_counter") == "1");
}

}  // namespace

TEST_CASE("A write whose connection is lost before COMMIT is retried on a new one") {
  if (!on_mariadb()) {
    SUCCEED("needs a server");
    return;
  }
  const TemporaryStore store;
  RawDatabase raw(store.options);
  int calls = 0;
  const Result<StoredPolicy> stored = store->put(
      project("p"), says("x"), author(), [&](const std::optional<StoredPolicy>& before) -> Status {
        CHECK_FALSE(before);
        if (++calls == 1) {
          CHECK(kill_connections(
              raw, "id IN (SELECT trx_mysql_thread_id FROM information_schema.innodb_trx)"));
        }
        return Success{};
      });
  REQUIRE(stored.ok());
  CHECK(calls == 2);
  CHECK_FALSE(store->figures().retries.empty());
  check_written_once(store, raw);
}

TEST_CASE("A write whose connection is lost within COMMIT is looked up and written once") {
  if (!on_mariadb()) {
    SUCCEED("needs a server");
    return;
  }
  const TemporaryStore store;
  RawDatabase raw(store.options);
  RawDatabase backup(store.options);
  backup.run("BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT");
  std::atomic<bool> ok{false};
  std::thread writer([&] { ok = store->put(project("p"), says("x"), author(), allow).ok(); });
  const bool killed = eventually([&] { return kill_connections(raw, "info = 'COMMIT'"); });
  backup.run("BACKUP STAGE END");
  writer.join();
  CHECK(killed);
  REQUIRE(ok);
  check_written_once(store, raw);
}

TEST_CASE(
    "A COMMIT that the server still works on is not reported as a write that changed nothing") {
  if (!on_mariadb()) {
    SUCCEED("needs a server");
    return;
  }
  const TemporaryStore store([](Options& options) { options.wait_timeout = milliseconds{500}; });
  RawDatabase raw(store.options);
  RawDatabase backup(store.options);
  backup.run("BACKUP STAGE START; BACKUP STAGE BLOCK_COMMIT");
  const Result<StoredPolicy> stored = store->put(project("p"), says("x"), author(), allow);
  backup.run("BACKUP STAGE END");
  REQUIRE_FALSE(stored.ok());
  CHECK(stored.error().code == ErrorCode::unavailable);
  // Whether MariaDB notices the lost client before the lock is free is a matter of time.
  raw.lock_writers();
  raw.unlock();
  if (raw.value("SELECT count(*) FROM change_log") == "1") {
    CHECK_THAT(stored.error().message, Contains("not known whether the change was stored"));
    CHECK(eventually([&] { return reason_of(*store, project("p")) == "x"; }));
  }
}
