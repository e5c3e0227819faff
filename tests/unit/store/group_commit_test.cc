// SPDX-License-Identifier: Apache-2.0
// Writers that wait at once are committed together, and yet each has a write of its own.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <future>
#include <thread>

#include "service/store/session.h"
#include "service/store/wal_index.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

constexpr int writers = 16;

// Lets all writers come while somebody else holds the database's write lock, then lets them go.
// Gives how many commits there were.
std::uint32_t write_at_once(const TemporaryStore& store, const std::function<void(int)>& write) {
  Session watch(store.path, std::chrono::steady_clock::now() + std::chrono::seconds(5));
  const WalIndex index(watch);
  constexpr std::size_t change_counter = 2;
  const std::uint32_t before = index.header().value()[change_counter];
  std::vector<std::thread> threads;
  {
    RawDatabase other(store.path);
    other.run("BEGIN IMMEDIATE");
    std::atomic<int> come{0};
    for (int i = 0; i < writers; ++i) {
      threads.emplace_back([&come, &write, i] {
        ++come;
        write(i);
      });
    }
    while (come < writers) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    other.run("ROLLBACK");
  }
  for (std::thread& thread : threads) thread.join();
  return index.header().value()[change_counter] - before;
}

std::string numbered(const std::string& what, int number) {
  return what + std::to_string(number);
}

}  // namespace

TEST_CASE("Writers that wait at once share a commit, and each has its own revision") {
  const TemporaryStore store;
  std::vector<Revision> given(writers);
  const std::uint32_t commits = write_at_once(store, [&](int i) {
    const auto stored = store->put(project(numbered("p", i)), says("x"), author(), allow);
    if (stored.ok()) given[static_cast<std::size_t>(i)] = stored.value().revision;
  });
  CHECK(commits < writers / 2);
  std::sort(given.begin(), given.end());
  for (int i = 0; i < writers; ++i) CHECK(given[static_cast<std::size_t>(i)] == i + 1);
  RawDatabase raw(store.path);
  CHECK(raw.value("SELECT count(*) || ' ' || count(DISTINCT change_id) FROM change_log") ==
        "16 16");
}

TEST_CASE("A write that its guard refuses takes nothing from those beside it, nor a revision") {
  const TemporaryStore store;
  std::atomic<int> stored{0};
  std::atomic<int> refused{0};
  write_at_once(store, [&](int i) {
    const Guard guard = [i](const std::optional<StoredPolicy>&) -> Status {
      if (i % 2 == 0) return Success{};
      return Error{ErrorCode::precondition_failed, "not this one", {}};
    };
    const auto done = store->put(project(numbered("p", i)), says("x"), author(), guard);
    if (done.ok()) ++stored;
    if (!done.ok() && done.error().code == ErrorCode::precondition_failed) ++refused;
  });
  CHECK(stored == writers / 2);
  CHECK(refused == writers / 2);
  CHECK(revision_of(*store) == writers / 2);
  for (int i = 0; i < writers; ++i) {
    CHECK(find(*store, project(numbered("p", i))).has_value() == (i % 2 == 0));
  }
}

TEST_CASE("A write that breaks the transaction takes nothing from those beside it") {
  const TemporaryStore store;
  std::atomic<int> stored{0};
  std::atomic<int> broken{0};
  write_at_once(store, [&](int i) {
    Author writer = author();
    if (i < 3) writer.change_id = "the same";  // only one of them can be stored
    const auto done = store->put(project(numbered("p", i)), says("x"), writer, allow);
    ++(done.ok() ? stored : broken);
  });
  CHECK(stored == writers - 2);
  CHECK(broken == 2);
  CHECK(revision_of(*store) == writers - 2);
  CHECK(RawDatabase(store.path).value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("In a group each write stands on what those before it have written") {
  const TemporaryStore store;
  put(*store, project("p"), says("0"));
  std::atomic<int> first{0};
  std::atomic<int> later{0};
  write_at_once(store, [&](int i) {
    // Each wants to be the one that replaces "0".
    const Guard guard = [](const std::optional<StoredPolicy>& before) -> Status {
      if (before && before->policy.reason == "0") return Success{};
      return Error{ErrorCode::precondition_failed, "late", {}};
    };
    const auto done = store->put(project("p"), says(numbered("by ", i)), author(), guard);
    ++(done.ok() ? first : later);
  });
  CHECK(first == 1);
  CHECK(later == writers - 1);
  CHECK(revision_of(*store) == 2);
}

TEST_CASE("Batches, puts and removals that wait at once are all of them whole") {
  const TemporaryStore store;
  for (int i = 0; i < writers; ++i) put(*store, user(numbered("u", i)), prefers({}));
  std::atomic<int> done{0};
  write_at_once(store, [&](int i) {
    if (i % 2 == 0) {
      done += store->remove(user(numbered("u", i)), author(), allow).ok() ? 1 : 0;
      return;
    }
    std::vector<Operation> operations;
    for (int n = 0; n < 5; ++n) {
      operations.push_back({instance("p", i * 10 + n), says("batch"), author().change_id});
    }
    const auto applied =
        store->apply(operations, author(), [](const auto&) -> Status { return Success{}; });
    done += applied.ok() && applied.value().size() == 5 ? 1 : 0;
  });
  CHECK(done == writers);
  CHECK(revision_of(*store) == writers + writers / 2 + 5 * (writers / 2));
}

TEST_CASE("A write that is late while its group waits for the lock takes nobody with it") {
  const TemporaryStore filled;
  Options options = options_for(filled.path);
  options.wait_timeout = std::chrono::milliseconds(1000);
  const std::unique_ptr<Store> store = open_or_fail(options);
  const auto write = [&store](int i) {
    return store->put(project(numbered("p", i)), says("x"), author(), allow).ok();
  };
  std::vector<std::future<bool>> stored;
  RawDatabase other(filled.path);
  other.run("BEGIN IMMEDIATE");
  // The first is alone; the two that come while it waits are a group, of which one is late.
  const auto began = std::chrono::steady_clock::now();
  for (const int ms : {0, 200, 900}) {
    std::this_thread::sleep_until(began + std::chrono::milliseconds(ms));
    stored.push_back(std::async(std::launch::async, write, ms));
  }
  std::this_thread::sleep_until(began + std::chrono::milliseconds(1500));
  other.run("ROLLBACK");
  CHECK_FALSE(stored[0].get());
  CHECK_FALSE(stored[1].get());
  CHECK(stored[2].get());
}
