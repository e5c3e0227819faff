// SPDX-License-Identifier: Apache-2.0
// Observations in memory and in the database behind it.
#include <catch2/catch.hpp>
#include <thread>

#include "service/store/sql_store.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/seen.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

SqlStore& sql_store(const TemporaryStore& store) {
  return static_cast<SqlStore&>(*store);
}

bool is_written(const TemporaryStore& store) {
  return eventually([&] { return store->figures().pending_observations == 0; });
}

std::string rows_of(RawDatabase& raw, const std::string& project_id) {
  return raw.value("SELECT count(*) FROM availability WHERE project_id = '" + project_id + "'");
}

// Past the store, one of each microsecond.
void insert_rows(RawDatabase& raw, int count) {
  std::string values;
  for (int i = 0; i < count; ++i) {
    values += (i == 0 ? "('p', '" : ", ('p', '") + instance_id(i) + "', 'VNC', 'opened', '', 0, " +
              std::to_string(i) + ", -1, -1, 0)";
  }
  raw.run("INSERT INTO availability VALUES " + values);
}

void bounded(Options& options) {
  options.availability.max_rows_per_project = 10;
  options.availability.max_rows = 14;
  options.availability.keep = std::chrono::hours(24);
}

}  // namespace

TEST_CASE("An observation is known at once and found after a restart") {
  TemporaryStore store;
  learn(*store, "p", 1, {seen(spice, unavailable, noon, "b1"), seen(vnc, opened)});
  CHECK(known(*store, "p", 1).size() == 2);
  store.reopen();
  REQUIRE(eventually([&] { return known(*store, "p", 1).size() == 2; }));
  const SeenType first = known(*store, "p", 1)[0];
  CHECK(first.type == spice);
  CHECK(first.status == unavailable);
  CHECK(first.fingerprint == Fingerprint{noon, "b1"});
  CHECK(first.seen_at == noon);
  CHECK(first.answer.status == 400);
  CHECK(first.answer.milliseconds == 41);
  CHECK(store->figures().observations == 2);
}

TEST_CASE("More observations than one read returns are all found after a restart") {
  TemporaryStore store;
  constexpr int count = 12'000;
  // Many of the same time, at the borders of the reads too.
  for (int i = 0; i < count; ++i) {
    learn(*store, "p", i, {seen(vnc, opened, noon + std::chrono::seconds(i / 5000))});
  }
  store.reopen();
  CHECK(eventually([&] { return store->figures().observations == count; }));
}

TEST_CASE("Observations change neither the revision nor the change log") {
  const TemporaryStore store;
  put(*store, project("p"), says("x"));
  learn(*store, "p", 1, {seen(spice, unavailable)});
  CHECK(is_written(store));
  CHECK(forget(*store, "p", 1).ok());
  CHECK(revision_of(*store) == 1);
  CHECK(RawDatabase(store.options).value("SELECT count(*) FROM change_log") == "1");
}

TEST_CASE("An instance that is forgotten is gone from memory and database, and can be learned") {
  TemporaryStore store;
  learn(*store, "p", 1, {seen(spice, unavailable), seen(vnc, opened)});
  learn(*store, "p", 2, {seen(spice, unavailable)});
  CHECK(is_written(store));
  for (int i = 0; i < 2; ++i) {
    CHECK(forget(*store, "p", 1).ok());
    // The follower may have read the rows just before, and removes them at its next turn.
    CHECK(eventually([&] { return known(*store, "p", 1).empty(); }));
    CHECK(known(*store, "p", 2).size() == 1);
  }
  CHECK(RawDatabase(store.options).value("SELECT count(*) FROM availability") == "1");
  learn(*store, "p", 1, {seen(vnc, unavailable)});
  store.reopen();
  CHECK(eventually([&] { return store->figures().observations == 2; }));
}

TEST_CASE("Observations wait in memory while the database is locked") {
  const TemporaryStore store(
      [](Options& options) { options.wait_timeout = std::chrono::milliseconds(100); });
  RawDatabase raw(store.options);
  raw.lock_writers();
  learn(*store, "p", 1, {seen(spice, unavailable)});
  CHECK(known(*store, "p", 1).size() == 1);
  CHECK_FALSE(forget(*store, "p", 1).ok());
  CHECK(known(*store, "p", 1).size() == 1);
  CHECK(store->figures().pending_observations == 1);
  raw.unlock();
  CHECK(is_written(store));
  CHECK(rows_of(raw, "p") == "1");
}

TEST_CASE("Eight threads that learn the same leave one row") {
  const TemporaryStore store;
  std::vector<std::thread> reporters;
  for (int i = 0; i < 8; ++i) {
    reporters.emplace_back([&store] { learn(*store, "p", 1, {seen(spice, unavailable)}); });
  }
  for (std::thread& reporter : reporters) reporter.join();
  CHECK(is_written(store));
  RawDatabase raw(store.options);
  CHECK(rows_of(raw, "p") == "1");
}

TEST_CASE("Maintenance deletes observations by age") {
  const TemporaryStore store(bounded);
  learn(*store, "p", 1, {seen(vnc, opened, noon - std::chrono::hours(1))});
  learn(*store, "p", 2, {seen(vnc, opened, noon)});
  REQUIRE(is_written(store));
  RawDatabase raw(store.options);
  REQUIRE(sql_store(store).maintain(noon + day).ok());
  CHECK(raw.run("SELECT instance_id FROM availability") ==
        std::vector<std::string>{instance_id(2)});
  REQUIRE(sql_store(store).maintain(noon + day + std::chrono::microseconds(1)).ok());
  CHECK(rows_of(raw, "p") == "0");
}

TEST_CASE("The database keeps the observations that memory keeps within its bounds") {
  const TemporaryStore store(bounded);
  for (int i = 0; i < 30; ++i) {
    learn(*store, "large", i, {seen(vnc, opened, noon + std::chrono::seconds(i))});
  }
  for (int i = 0; i < 6; ++i) learn(*store, "small", i, {seen(vnc, opened, noon)});
  RawDatabase raw(store.options);
  // 10 of the large project by its own bound, then 2 less by the bound of all.
  CHECK(store->figures().observations == 14);
  CHECK(eventually([&] { return rows_of(raw, "small") == "6" && rows_of(raw, "large") == "8"; }));
  CHECK(raw.value("SELECT min(instance_id) FROM availability WHERE project_id = 'large'") ==
        instance_id(22));
}

TEST_CASE("Maintenance deletes the oldest observations beyond the bound of all") {
  const TemporaryStore store([](Options& options) { options.availability.max_rows = 300; });
  RawDatabase raw(store.options);
  insert_rows(raw, 1000);
  REQUIRE(sql_store(store).maintain(at(0)).ok());
  const int kept = std::stoi(rows_of(raw, "p"));
  CHECK(kept >= 300);
  CHECK(kept <= 301);
  CHECK(raw.value("SELECT max(seen_at) FROM availability") == "999");
}

TEST_CASE("Maintenance deletes many observations in steps") {
  const TemporaryStore store(bounded);
  RawDatabase raw(store.options);
  insert_rows(raw, 1000);
  REQUIRE(sql_store(store).maintain(at(999) + day).ok());
  CHECK(raw.run("SELECT instance_id FROM availability") ==
        std::vector<std::string>{instance_id(999)});
}
