// SPDX-License-Identifier: Apache-2.0
// Resolutions from memory: never older than the last write that this store has acknowledged.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

TEST_CASE("The policies of five scopes come in the order of the question, with the revision") {
  TemporaryStore store;
  put(*store, project("p"), says("project"));
  put(*store, instance("p", 1), says("instance"));
  // Neighbours of the keys: the same id of another kind, the same instance in another project.
  for (const Scope& scope : {instance("q", 1), instance("p", 2), domain("p"), user("p"),
                             project("d"), project("u"), project("p2")}) {
    put(*store, scope, says("not wanted"));
  }
  for (int round = 0; round < 2; ++round) {  // as written, and as loaded
    const Result<InForce> found =
        store->in_force({cloud(), domain("d"), project("p"), user("u"), instance("p", 1)});
    REQUIRE(found.ok());
    CHECK(found.value().revision == 9);
    REQUIRE(found.value().policies.size() == 5);
    for (const std::size_t without : {0U, 1U, 3U}) {
      CHECK(found.value().policies[without] == nullptr);
    }
    CHECK(*found.value().policies[2] == says("project"));
    CHECK(*found.value().policies[4] == says("instance"));
    store.reopen();
  }
}

TEST_CASE("A resolution without scopes has the revision only") {
  const TemporaryStore store;
  put(*store, cloud(), says("x"));
  const Result<InForce> found = store->in_force({});
  REQUIRE(found.ok());
  CHECK(found.value().policies.empty());
  CHECK(found.value().revision == 1);
}

TEST_CASE("Each write and each removal is seen by the next request") {
  const TemporaryStore store;
  for (int i = 1; i <= 100; ++i) {
    put(*store, project("p"), says(std::to_string(i)));
    REQUIRE(reason_of(*store, project("p")) == std::to_string(i));
  }
  REQUIRE(store->remove(project("p"), author("a"), allow).ok());
  CHECK(reason_of(*store, project("p")).empty());
}

TEST_CASE("A policy with every field is the same in memory, in the database and after a load") {
  TemporaryStore store;
  Policy policy = prefers({ConsoleType::spice, ConsoleType::vnc});
  policy.deny.insert(ConsoleType::rdp);
  policy.allow.insert(ConsoleType::mks);
  policy.reason = "because";
  policy.expires_at = at(1'900'000'000'123'456);
  put(*store, user("u"), policy);
  CHECK(*store->in_force({user("u")}).value().policies[0] == policy);
  CHECK(find(*store, user("u"))->policy == policy);
  store.reopen();
  CHECK(*store->in_force({user("u")}).value().policies[0] == policy);
}

TEST_CASE("SQL by hand is not seen before the next revision of its scope or a restart") {
  TemporaryStore store;
  put(*store, project("p"), says("stored"));
  RawDatabase(store.options)
      .run("UPDATE policy SET body = '{\"prefer\":[\"VNC\"],\"reason\":\"sql\"}'");
  put(*store, project("q"), says("x"));
  CHECK(reason_of(*store, project("p")) == "stored");
  store.reopen();
  CHECK(reason_of(*store, project("p")) == "sql");
}

TEST_CASE("Readers on many threads never see less than what was written before they asked") {
  const TemporaryStore store;
  std::atomic<int> written{0};
  std::atomic<bool> done{false};
  std::atomic<int> late{0};
  std::atomic<int> asked{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const int before = written;
        const Result<InForce> found = store->in_force({project("p"), user("u")});
        const bool good = found.ok() && found.value().policies[0] != nullptr &&
                          found.value().policies[1] != nullptr;
        if (before > 0 && !good) ++late;
        if (!good) continue;
        // The user's policy is written after the project's: never newer, and one behind at most.
        const int first = std::stoi(found.value().policies[0]->reason.value_or("0"));
        const int second = std::stoi(found.value().policies[1]->reason.value_or("0"));
        if (second < before || first < second || first > second + 1) ++late;
        ++asked;
      }
    });
  }
  for (int i = 1; i <= 60; ++i) {
    put(*store, project("p"), says(std::to_string(i)));
    put(*store, user("u"), says(std::to_string(i)));
    written = i;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(late == 0);
  CHECK(asked > 0);
}
