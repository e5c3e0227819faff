// SPDX-License-Identifier: Apache-2.0
#include "service/store/checkpoints.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "service/store/wal_index.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

struct Log {
  TemporaryStore store;
  Session session{store.path, steady_clock::now() + seconds(5)};
  Session watch{store.path, steady_clock::now() + seconds(5)};
  WalIndex index{watch};
  long long rows{0};

  Log() { session.sql() << "CREATE TABLE filler (number BIGINT, much BLOB)"; }

  std::uint32_t pages() const { return WalIndex::pages_in_log(index.header().value()); }

  void commit(int many_pages) {
    Transaction transaction(session);
    session.sql() << "INSERT INTO filler VALUES (" + std::to_string(++rows) + ", zeroblob(" +
                         std::to_string(many_pages * 4096) + "))";
    transaction.commit();
  }
};

}  // namespace

TEST_CASE("A log that is not full is left alone") {
  Log log;
  Checkpoints checkpoints(log.store.path, {});
  log.commit(100);
  const std::uint32_t before = log.pages();
  for (int i = 0; i < 3; ++i) {
    checkpoints.after_commit(log.session, log.pages());
    log.commit(1);
  }
  CHECK(log.pages() > before);
}

TEST_CASE("A full log is moved beside the commits, and begins anew") {
  Log log;
  Checkpoints checkpoints(log.store.path, {});
  log.commit(5000);
  REQUIRE(log.pages() >= Checkpoints::log_pages);
  const auto until = steady_clock::now() + seconds(20);
  while (log.pages() >= Checkpoints::log_pages && steady_clock::now() < until) {
    checkpoints.after_commit(log.session, log.pages());
    log.commit(1);
  }
  CHECK(log.pages() < Checkpoints::log_pages);
  RawDatabase other(log.store.path);
  CHECK(other.value("SELECT count(*) FROM filler") == std::to_string(log.rows));
  CHECK(other.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("As long as there are commits the log stays within its bound, and so its file") {
  Log log;
  Checkpoints checkpoints(log.store.path, {});
  std::uint32_t most = 0;
  int restarts = 0;
  for (std::uint32_t written = 0, before = 0; written < 8 * Checkpoints::log_pages; written += 64) {
    log.commit(64);
    const std::uint32_t now = log.pages();
    if (now < before) ++restarts;
    most = std::max(most, before = now);
    checkpoints.after_commit(log.session, now);
  }
  CHECK(restarts >= 2);
  CHECK(most < 3 * Checkpoints::log_pages);
}

TEST_CASE("Checkpoints that fail hold nobody up, and are told once") {
  Log log;
  std::vector<Status> told;
  const std::string no_database = log.store.folder.file("");
  {
    Checkpoints checkpoints(no_database, [&told](const Status& status) { told.push_back(status); });
    log.commit(5000);
    const auto until = steady_clock::now() + seconds(20);
    while (checkpoints.failed() < 3 && steady_clock::now() < until) {
      checkpoints.after_commit(log.session, log.pages());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(checkpoints.failed() >= 3);
  }
  CHECK(log.pages() >= Checkpoints::log_pages);
  REQUIRE(told.size() == 1);
  REQUIRE_FALSE(told[0].ok());
  CHECK_THAT(told[0].error().internal, Catch::Contains(no_database));
}
