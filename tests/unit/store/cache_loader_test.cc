// SPDX-License-Identifier: Apache-2.0
// The loader of the cache, on a store as it is: what is asked after it needs no SELECT.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "service/store/policy_stretch.h"
#include "service/store/session.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

// Whether the store's cache became complete within so long.
bool becomes_complete(const Store& store, std::chrono::seconds longest = std::chrono::seconds(20)) {
  const auto until = std::chrono::steady_clock::now() + longest;
  while (!store.cache_figures().complete) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// So many instances, some in a project of their own and many in one.
void fill(Store& store, int count) {
  std::vector<Operation> operations;
  for (int i = 0; i < count; ++i) {
    const std::string owner = i % 3 == 0 ? "p" + std::to_string(i) : "crowded";
    operations.push_back(
        {instance(owner, i), says(std::to_string(i)), "change-" + owner + std::to_string(i)});
  }
  for (const Scope& scope : {cloud(), domain("d"), project("p"), project("p3"), user("u")}) {
    operations.push_back({scope, says(std::string(name(scope.kind()))),
                          "change-" + std::string(name(scope.kind())) + scope.owner_id()});
  }
  const auto done = store.apply(operations, author(), [](const auto&) { return Success{}; });
  REQUIRE(done.ok());
}

}  // namespace

TEST_CASE("The stretches of a table are all of its policies, each once, whatever their length") {
  const TemporaryStore store;
  fill(*store, 100);
  Session session(store.path, std::chrono::steady_clock::now() + std::chrono::seconds(5));
  for (const std::size_t limit : {1UL, 2UL, 7UL, 67UL, 1000UL}) {
    PolicyStretch stretches(session.sql());
    std::multiset<std::string> found;
    int turn = 0;
    while (!stretches.at_end()) {
      const auto stretch = stretches.next(limit);
      REQUIRE(stretch.ok());
      REQUIRE(stretch.value().size() <= limit);
      if (++turn % 3 == 0) {
        stretches.again();
        continue;
      }
      for (const auto& each : stretch.value()) {
        found.insert(text_of(each.scope));
        CHECK_FALSE(each.body.empty());
      }
    }
    CHECK(found.size() == 105);
    CHECK(std::set<std::string>(found.begin(), found.end()).size() == 105);
  }
}

TEST_CASE("A row whose scope is none is an error that names its owner") {
  const TemporaryStore store;
  put(*store, project("p"), says("good"));
  RawDatabase(store.path).run("UPDATE policy SET instance_id = 'x'");
  Session session(store.path, std::chrono::steady_clock::now() + std::chrono::seconds(5));
  PolicyStretch stretches(session.sql());
  bool failed = false;
  while (!failed && !stretches.at_end()) failed = !stretches.next(10).ok();
  CHECK(failed);
}

TEST_CASE("After a start all becomes known, and what is asked then needs no SELECT") {
  const TemporaryFolder folder;
  fill(*open_or_fail(options_for(folder.file("policy.db"))), 2000);
  const auto store = open_or_fail(options_for(folder.file("policy.db")));
  REQUIRE(becomes_complete(*store));
  REQUIRE(store->in_force({cloud()}).ok());  // the revision
  const CacheFigures before = store->cache_figures();
  CHECK(before.entries >= 2005);
  for (int i = 0; i < 2000; ++i) {
    const auto found =
        store->in_force({cloud(), user("nobody"), instance("crowded", i), instance("p3", i)});
    REQUIRE(found.ok());
    REQUIRE(found.value().policies[0] != nullptr);
    REQUIRE(found.value().policies[1] == nullptr);
    REQUIRE((found.value().policies[2] != nullptr) == (i % 3 != 0));
    REQUIRE((found.value().policies[3] != nullptr) == (i == 3));
  }
  CHECK(store->cache_figures().from_database == before.from_database);
  CHECK(store->cache_figures().from_memory == before.from_memory + 2000);
}

TEST_CASE("Writes of this process leave a complete cache complete") {
  const TemporaryStore store;
  REQUIRE(becomes_complete(*store));
  for (int i = 0; i < 50; ++i) {
    put(*store, instance("p", i), says(std::to_string(i)));
    REQUIRE(store->cache_figures().complete);
  }
  CHECK(store->in_force({instance("p", 7)}).value().policies[0]->reason == "7");
  CHECK(store->in_force({instance("p", 77)}).value().policies[0] == nullptr);
  CHECK(store->cache_figures().from_database == 0);
}

TEST_CASE("A commit of others ends a complete cache, and it becomes complete again") {
  const TemporaryStore store;
  put(*store, user("u"), says("mine"));
  REQUIRE(becomes_complete(*store));
  for (int i = 0; i < 2; ++i) {
    RawDatabase(store.path).run("UPDATE policy SET body = '{\"prefer\":[\"SPICE\"]}'");
    CHECK(store->in_force({user("u")}).value().policies[0]->prefer.front() == ConsoleType::spice);
    REQUIRE(becomes_complete(*store));
    CHECK(store->in_force({user("v")}).value().policies[0] == nullptr);
  }
}

TEST_CASE("A policy that cannot be read keeps the cache from being complete, and is told of") {
  const TemporaryStore store;
  put(*store, user("u"), says("mine"));
  RawDatabase(store.path).run("UPDATE policy SET body = '{'");
  CHECK_FALSE(becomes_complete(*store, std::chrono::seconds(4)));
  CHECK_FALSE(store->in_force({user("u")}).ok());
  CHECK(store->in_force({user("v")}).ok());
}

TEST_CASE("A load goes on while this process writes all the time") {
  const TemporaryFolder folder;
  fill(*open_or_fail(options_for(folder.file("policy.db"))), 5000);
  const auto store = open_or_fail(options_for(folder.file("policy.db")));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  int written = 0;
  for (; !store->cache_figures().complete; ++written) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    put(*store, instance("late", written), says(std::to_string(written)));
  }
  for (int i = 0; i < written; ++i) {
    const auto found = store->in_force({instance("late", i)});
    REQUIRE(found.value().policies[0]->reason == std::to_string(i));
  }
}

TEST_CASE("A store is closed at once while its cache is loaded") {
  const TemporaryFolder folder;
  fill(*open_or_fail(options_for(folder.file("policy.db"))), 5000);
  auto store = open_or_fail(options_for(folder.file("policy.db")));
  const auto began = std::chrono::steady_clock::now();
  store.reset();
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(1));
}
