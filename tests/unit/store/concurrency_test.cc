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
        // Every other write goes to a scope that all of them write.
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
  RawDatabase raw(store.options);
  CHECK(raw.value(
            "SELECT count(*) || ' ' || min(revision) || ' ' || max(revision) FROM change_log") ==
        "320 1 320");
}

TEST_CASE("Two writers that expect the same revision: exactly one of them wins, every time") {
  constexpr int rounds = 50;
  const TemporaryStore first;
  const std::unique_ptr<Store> second = open_or_fail(first.options);
  put(*first, project("p"), says("0"));
  for (Revision current = 1; current <= rounds; ++current) {
    // As If-Match: only the revision that the writer has seen may be replaced.
    const auto write = [current](Store& store, std::optional<Result<StoredPolicy>>& result) {
      result = store.put(project("p"), says("x"), author(),
                         [current](const std::optional<StoredPolicy>& before) -> Status {
                           if (before->revision == current) return Success{};
                           return Error{ErrorCode::precondition_failed, "changed", {}};
                         });
    };
    std::optional<Result<StoredPolicy>> one;
    std::optional<Result<StoredPolicy>> other;
    std::thread thread([&] { write(*second, other); });
    write(*first, one);
    thread.join();
    REQUIRE(one->ok() != other->ok());
    const Error& refused = one->ok() ? other->error() : one->error();
    CHECK(refused.code == ErrorCode::precondition_failed);
    CHECK((one->ok() ? *one : *other).value().revision == current + 1);
  }
}

TEST_CASE("Policies and revision of a resolution are from one moment") {
  // Two scopes change by turns, so the policies determine the revision.
  const TemporaryStore store;
  put(*store, project("p"), says("1"));
  put(*store, user("u"), says("2"));
  std::atomic<bool> done{false};
  std::atomic<int> torn{0};
  std::atomic<int> asked{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      Revision last = 0;
      while (!done) {
        const Result<InForce> found = store->in_force({project("p"), user("u")});
        if (!found.ok()) {
          ++torn;
          continue;
        }
        const InForce& now = found.value();
        const Revision one = std::stoll(*now.policies[0]->reason);
        const Revision two = std::stoll(*now.policies[1]->reason);
        const bool whole = std::max(one, two) == now.revision &&
                           std::min(one, two) == now.revision - 1 && now.revision >= last;
        if (!whole) ++torn;
        last = now.revision;
        ++asked;
      }
    });
  }
  for (int i = 3; i <= 150; ++i) {
    put(*store, i % 2 == 1 ? project("p") : user("u"), says(std::to_string(i)));
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(torn == 0);
  CHECK(asked > 0);
}

TEST_CASE("Every thread sees a write as soon as it has returned") {
  const TemporaryStore store;
  std::atomic<int> late{0};
  for (int round = 1; round <= 60; ++round) {
    put(*store, project("p"), says(std::to_string(round)));
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i) {
      readers.emplace_back([&store, &late, round] {
        const Result<InForce> found = store->in_force({project("p")});
        const bool current = found.ok() && found.value().revision == round &&
                             found.value().policies[0]->reason == std::to_string(round);
        if (!current) ++late;
      });
    }
    for (std::thread& reader : readers) reader.join();
  }
  CHECK(late == 0);
}
