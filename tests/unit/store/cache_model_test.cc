// SPDX-License-Identifier: Apache-2.0
// A random walk over two stores on one file and a connection of somebody else: what in_force() says
// is always something that was in the database between the question and its answer.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

constexpr std::size_t scopes_each = 12;
constexpr int writes_of_a_thread = 250;

// Each thread writes scopes of its own, so it knows what they hold; everybody reads all of them.
// A reason is a number that only grows, so a reader knows what must have been seen.
struct Walk {
  std::array<std::array<std::atomic<int>, scopes_each>, 8> returned{};  // by writer; a write ended
  std::array<std::array<std::atomic<int>, scopes_each>, 8> begun{};     // a write began
  std::atomic<int> wrong{0};
  std::atomic<int> read{0};
  std::atomic<bool> done{false};
};

Scope scope_of(std::size_t writer, std::size_t number) {
  const std::string id = std::to_string(writer) + "-" + std::to_string(number / 4);
  switch (number % 4) {
    case 0:
      return project(id);
    case 1:
      return user(id);
    case 2:
      return instance(id, static_cast<int>(number));
    default:
      return domain(id);
  }
}

// Odd numbers are policies that say so, even ones are removals.
void write_one(Store& store, Walk& walk, std::size_t writer, std::size_t number) {
  const int next = walk.begun[writer][number] + 1;
  walk.begun[writer][number] = next;
  const Scope scope = scope_of(writer, number);
  const bool ok = next % 2 == 1 ? store.put(scope, says(std::to_string(next)), author(), allow).ok()
                                : store.remove(scope, author(), allow).ok();
  if (!ok) ++walk.wrong;
  walk.returned[writer][number] = next;
}

void refuse_one(Store& store, std::size_t writer, std::size_t number) {
  static_cast<void>(store.put(scope_of(writer, number), says("refused"), author(),
                              [](const auto&) { return invalid_request("no"); }));
}

void write_many(Store& store, Walk& walk, std::size_t writer) {
  std::mt19937 random(static_cast<unsigned>(writer));
  for (int i = 0; i < writes_of_a_thread; ++i) {
    const std::size_t number = random() % scopes_each;
    if (random() % 8 == 0) refuse_one(store, writer, number);
    if (random() % 8 == 0) static_cast<void>(store.forget_old(at(1)));
    write_one(store, walk, writer, number);
  }
}

void read_many(Store& store, Walk& walk, std::size_t writers, unsigned seed) {
  std::mt19937 random(seed);
  Revision last = 0;  // never goes back
  while (!walk.done) {
    const std::size_t writer = random() % writers;
    const std::size_t number = random() % scopes_each;
    const int least = walk.returned[writer][number];
    const auto found = store.in_force({scope_of(writer, number)});
    const int most = walk.begun[writer][number];
    if (!found.ok()) {
      ++walk.wrong;
      continue;
    }
    ++walk.read;
    if (found.value().revision < last) ++walk.wrong;
    last = found.value().revision;
    const auto& policy = found.value().policies[0];
    if (policy == nullptr) {
      // Some even number from least to most.
      if (least == most && least % 2 == 1) ++walk.wrong;
      continue;
    }
    const int said = std::stoi(policy->reason.value_or("-1"));
    if (said < least || said > most) ++walk.wrong;
  }
}

// Somebody with SQL, who changes rows past everything, as a writer of the walk.
void write_by_hand(const std::string& path, Walk& walk, std::size_t writer) {
  RawDatabase other(path);
  other.run("PRAGMA busy_timeout=10000");
  for (int i = 0; i < writes_of_a_thread; ++i) {
    const int next = walk.begun[writer][0] + 1;
    walk.begun[writer][0] = next;
    const std::string body = "'{\"prefer\":[\"VNC\"],\"reason\":\"" + std::to_string(next) + "\"}'";
    const std::string key =
        "scope = 'project' AND owner_id = '" + scope_of(writer, 0).owner_id() + "'";
    if (next == 1) {
      other.run("INSERT INTO policy VALUES ('project', '" + scope_of(writer, 0).owner_id() +
                "', '', " + body + ", 0, 1, 1, 'hand')");
    } else {
      // Each one has a policy here: what says nothing does not come up.
      other.run("UPDATE policy SET body = " + body + " WHERE " + key);
    }
    walk.returned[writer][0] = next;
    if (i % 16 == 0) other.run("PRAGMA wal_checkpoint(PASSIVE)");
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
}

void compare_all(Store& store, const std::string& path, std::size_t writers) {
  RawDatabase other(path);
  for (std::size_t writer = 0; writer < writers; ++writer) {
    for (std::size_t number = 0; number < scopes_each; ++number) {
      const Scope scope = scope_of(writer, number);
      const auto body =
          other.run("SELECT body FROM policy WHERE scope = '" + std::string(name(scope.kind())) +
                    "' AND owner_id = '" + scope.owner_id() + "' AND instance_id = '" +
                    scope.instance_id() + "'");
      const auto found = store.in_force({scope});
      REQUIRE(found.ok());
      const auto& policy = found.value().policies[0];
      CHECK((policy == nullptr) == body.empty());
      if (policy != nullptr && !body.empty()) {
        CHECK(body.front().find('"' + policy->reason.value_or("none") + '"') != std::string::npos);
      }
    }
  }
}

}  // namespace

TEST_CASE("Many threads on one store: an answer is never older than the last write that returned") {
  const TemporaryStore store;
  Walk walk;
  std::vector<std::thread> writers;
  std::vector<std::thread> readers;
  for (std::size_t i = 0; i < 4; ++i) writers.emplace_back([&, i] { write_many(*store, walk, i); });
  for (unsigned i = 0; i < 3; ++i) readers.emplace_back([&, i] { read_many(*store, walk, 4, i); });
  for (std::thread& writer : writers) writer.join();
  walk.done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(walk.wrong == 0);
  CHECK(walk.read > 0);
  compare_all(*store, store.path, 4);
}

TEST_CASE("Two stores on one file, and SQL by hand: nobody sees less than what was written") {
  const TemporaryStore one;
  const auto two = open_or_fail(options_for(one.path));
  Walk walk;
  std::vector<std::thread> writers;
  std::vector<std::thread> readers;
  writers.emplace_back([&] { write_many(*one, walk, 0); });
  writers.emplace_back([&] { write_many(*one, walk, 1); });
  writers.emplace_back([&] { write_many(*two, walk, 2); });
  writers.emplace_back([&] { write_by_hand(one.path, walk, 3); });
  for (unsigned i = 0; i < 2; ++i) {
    readers.emplace_back([&, i] { read_many(*one, walk, 4, i); });
    readers.emplace_back([&, i] { read_many(*two, walk, 4, i + 9); });
  }
  for (std::thread& writer : writers) writer.join();
  walk.done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(walk.wrong == 0);
  CHECK(walk.read > 0);
  compare_all(*one, one.path, 4);
  compare_all(*two, one.path, 4);
}
