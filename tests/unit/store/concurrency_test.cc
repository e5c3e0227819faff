// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

TEST_CASE("Eight threads that write at once get every revision once, without gaps") {
  constexpr int writers = 8;
  constexpr int writes_each = 40;
  const TemporaryStore store;
  std::vector<std::vector<Revision>> given(writers);
  std::vector<std::thread> threads;
  for (int i = 0; i < writers; ++i) {
    threads.emplace_back([&store, &mine = given[static_cast<std::size_t>(i)], i] {
      for (int n = 0; n < writes_each; ++n) {
        // Every other write goes to a scope that all of them fight for.
        const Scope scope = n % 2 == 0 ? project("shared") : instance("p", i);
        const Result<StoredPolicy> stored =
            store->put(scope, says(std::to_string(i)), author("writer" + std::to_string(i)), allow);
        if (stored.ok()) mine.push_back(stored.value().revision);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::vector<Revision> all;
  for (const std::vector<Revision>& mine : given) {
    CHECK(mine.size() == writes_each);
    CHECK(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  REQUIRE(all.size() == writers * writes_each);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == static_cast<Revision>(i + 1));
  CHECK(revision_of(*store) == writers * writes_each);
  RawDatabase raw(store.path);
  CHECK(raw.value(
            "SELECT count(*) || ' ' || min(revision) || ' ' || max(revision) FROM change_log") ==
        "320 1 320");
  CHECK(raw.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("What a snapshot says of policies and revision is of one moment") {
  // Two scopes always change one after the other, so their revisions tell how far the writer was.
  const TemporaryStore store;
  put(*store, project("p"), says("0"));
  put(*store, user("u"), says("0"));
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  std::atomic<int> looked{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      Revision last = 0;
      while (!done) {
        const Result<Snapshot> snapshot = store->lookup({project("p"), user("u")});
        if (!snapshot.ok() || snapshot.value().policies.size() != 2) {
          ++torn;
          continue;
        }
        const Revision one = snapshot.value().policies[0].revision;
        const Revision two = snapshot.value().policies[1].revision;
        const bool whole = std::max(one, two) == snapshot.value().revision &&
                           std::min(one, two) == snapshot.value().revision - 1;
        if (!whole || snapshot.value().revision < last) ++torn;
        last = snapshot.value().revision;
        ++looked;
      }
    });
  }
  for (int i = 0; i < 150; ++i) {
    put(*store, project("p"), says(std::to_string(i)));
    put(*store, user("u"), says(std::to_string(i)));
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(torn == 0);
  CHECK(looked > 0);
}

TEST_CASE("Who asks for one scope or instance does not wait for those who list") {
  const TemporaryStore filled;
  RawDatabase(filled.path)
      .run(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) "
          "INSERT INTO availability SELECT 'p', printf('%036d', i), 'VNC', 'opened', "
          "'h' || i, 0, 0, -1, -1 FROM n");
  Options options = options_for(filled.path);
  options.sessions = 1;
  options.wait_timeout = std::chrono::milliseconds(500);
  const std::unique_ptr<Store> store = open_or_fail(options);
  std::atomic<int> listed{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> lists;
  for (int i = 0; i < 4; ++i) {  // more of them than sessions, so that one waits at any time
    lists.emplace_back([&] {
      while (!done) listed += store->count_seen("p", std::nullopt, 1000).ok() ? 1 : 0;
    });
  }
  const ProjectId p = ProjectId::parse("p").value();
  while (listed == 0) std::this_thread::yield();
  const int before = listed;
  for (int i = 0; i < 10; ++i) {
    CHECK(store->lookup({project("p")}).ok());
    CHECK(store->in_force({project("p" + std::to_string(i))}).ok());
    CHECK(store->seen(p, InstanceId::parse(instance("p", i).instance_id()).value()).ok());
    CHECK(store->check().ok());
  }
  const int meanwhile = listed - before;
  done = true;
  for (std::thread& thread : lists) thread.join();
  // First come, first served with those lists, each of the forty would have waited for four.
  CHECK(meanwhile < 40);
}

TEST_CASE("Every session sees a write as soon as it has returned") {
  const TemporaryStore store;
  std::atomic<int> late{0};
  for (int round = 1; round <= 60; ++round) {
    put(*store, project("p"), says(std::to_string(round)));
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&store, &late, round] {
        const Result<Snapshot> snapshot = store->lookup({project("p")});
        if (!snapshot.ok() || snapshot.value().revision != round) ++late;
      });
    }
    for (std::thread& reader : readers) reader.join();
  }
  CHECK(late == 0);
}
