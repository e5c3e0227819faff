// SPDX-License-Identifier: Apache-2.0
// The cached read: never older than the last write that has returned, whoever made it.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

namespace {

std::string reason_of(Store& store, const Scope& scope) {
  const Result<InForce> found = store.in_force({scope});
  REQUIRE(found.ok());
  const auto& policy = found.value().policies.at(0);
  return policy == nullptr ? "" : policy->reason.value_or("");
}

// Another process with a store of its own on the same file: writes when told to, and says so. Made
// before this process opens the file: SQLite's connections must not be carried over a fork.
class OtherProcess final {
 public:
  explicit OtherProcess(const std::string& path) {
    REQUIRE(pipe(tell_.data()) == 0);
    REQUIRE(pipe(told_.data()) == 0);
    child_ = fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) _exit(write_when_told(path));
  }
  ~OtherProcess() {
    close(tell_[1]);
    int status = -1;
    waitpid(child_, &status, 0);
    CHECK(status == 0);
    for (const int end : {tell_[0], told_[0], told_[1]}) close(end);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  void write_one() {
    char done = 'w';
    REQUIRE(write(tell_[1], &done, 1) == 1);
    REQUIRE(read(told_[0], &done, 1) == 1);
    REQUIRE(done == 'k');
  }

 private:
  int write_when_told(const std::string& path) const {
    close(tell_[1]);
    std::unique_ptr<Store> store;
    char word = 0;
    for (int number = 1; read(tell_[0], &word, 1) == 1; ++number) {
      if (store == nullptr) store = open_or_fail(options_for(path));
      const auto stored =
          store->put(project("p"), says(std::to_string(number)), author("other"), allow);
      word = stored.ok() ? 'k' : 'x';
      if (write(told_[1], &word, 1) != 1) return 1;
    }
    return 0;
  }

  std::array<int, 2> tell_{};
  std::array<int, 2> told_{};
  pid_t child_{-1};
};

}  // namespace

TEST_CASE("What is in force at five scopes comes in their order, with the store's revision") {
  const TemporaryStore store;
  put(*store, project("p"), says("project"));
  put(*store, instance("p", 1), says("instance"));
  put(*store, instance("q", 1), says("not wanted"));
  for (int round = 0; round < 2; ++round) {  // from the database, then from memory
    const Result<InForce> found =
        store->in_force({cloud(), domain("d"), project("p"), user("u"), instance("p", 1)});
    REQUIRE(found.ok());
    CHECK(found.value().revision == 3);
    REQUIRE(found.value().policies.size() == 5);
    for (const int silent : {0, 1, 3}) {
      CHECK(found.value().policies[static_cast<std::size_t>(silent)] == nullptr);
    }
    CHECK(*found.value().policies[2] == says("project"));
    CHECK(*found.value().policies[4] == says("instance"));
  }
}

TEST_CASE("More scopes than there are kinds is an internal error") {
  const TemporaryStore store;
  const Result<InForce> found = store->in_force(std::vector<Scope>(6, cloud()));
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == ErrorCode::internal);
}

TEST_CASE("Each write, and each removal, is seen by the very next question") {
  const TemporaryStore store;
  for (int i = 1; i <= 100; ++i) {
    put(*store, project("p"), says(std::to_string(i)));
    REQUIRE(reason_of(*store, project("p")) == std::to_string(i));
    REQUIRE(reason_of(*store, project("p")) == std::to_string(i));
  }
  REQUIRE(store->remove(project("p"), author("a"), allow).ok());
  CHECK(reason_of(*store, project("p")).empty());
}

TEST_CASE("A write of another process is seen by the very next question") {
  const TemporaryFolder folder;
  OtherProcess other(folder.file("policy.db"));
  const std::unique_ptr<Store> store = open_or_fail(options_for(folder.file("policy.db")));
  CHECK(reason_of(*store, project("p")).empty());
  for (int i = 1; i <= 200; ++i) {
    other.write_one();
    REQUIRE(reason_of(*store, project("p")) == std::to_string(i));
    REQUIRE(reason_of(*store, project("p")) == std::to_string(i));
  }
}

TEST_CASE("What somebody changed with SQL, past every log, is seen by the very next question") {
  const TemporaryStore store;
  put(*store, project("p"), says("stored"));
  CHECK(reason_of(*store, project("p")) == "stored");
  RawDatabase(store.path)
      .run("UPDATE policy SET body = '{\"prefer\":[\"VNC\"],\"reason\":\"sql\"}'");
  CHECK(reason_of(*store, project("p")) == "sql");
  RawDatabase(store.path).run("UPDATE policy SET body = '{\"prefer\":'");
  const Result<InForce> broken = store->in_force({project("p")});
  REQUIRE_FALSE(broken.ok());
  CHECK_THAT(broken.error().internal, Contains("owner_id 'p'"));
}

TEST_CASE("A checkpoint and a restart of the write-ahead log make nothing stale") {
  const TemporaryStore store;
  for (int i = 1; i <= 20; ++i) {
    put(*store, project("p"), says(std::to_string(i)));
    CHECK(reason_of(*store, project("p")) == std::to_string(i));
    RawDatabase(store.path).value("PRAGMA wal_checkpoint(TRUNCATE)");
    CHECK(reason_of(*store, project("p")) == std::to_string(i));
  }
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
  for (int i = 1; i <= 150; ++i) {
    put(*store, project("p"), says(std::to_string(i)));
    put(*store, user("u"), says(std::to_string(i)));
    written = i;
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(late == 0);
  CHECK(asked > 0);
}
