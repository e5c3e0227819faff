// SPDX-License-Identifier: Apache-2.0
// The caches over commits of this process, with another connection that commits at every point: on
// a real database, step by step.
#include "service/store/carry_over.h"

#include <catch2/catch.hpp>
#include <functional>

#include "service/codec/policy_text.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

Deadline soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(5);
}

// What a store is made of, to be driven by steps; `other` is a connection of somebody else.
struct Steps {
  TemporaryFolder folder;
  std::string path{folder.file("policy.db")};
  Session session = opened();
  Session watch{path, soon()};
  WalIndex index{watch};
  PolicyCache cache{index};
  SeenCache seen{index};
  Checkpoints checkpoints{path, {}};
  RawDatabase other{path};
  int number{0};

  Session opened() {
    const auto store = open_or_fail(options_for(path));  // makes the schema
    put(*store, project("p"), says("first"));
    put(*store, user("u"), says("stays"));
    return Session(path, soon());
  }

  WrittenPolicies write(WriteStatements& statements, const std::string& reason) {
    statements.begin();
    const Revision revision = statements.next_revisions(1).value_or(0);
    StoredPolicy stored{project("p"), says(reason), revision, at(1), at(1), "alice"};
    statements.store(stored, codec::policy_to_text(stored.policy), true);
    return statements.written();
  }

  void commit_of_others() {
    other.run("UPDATE policy SET body = '{\"prefer\":[\"VNC\"],\"reason\":\"other " +
              std::to_string(++number) + "\"}' WHERE scope = 'user'");
  }

  // As in_force() asks, and whether the answer came from memory.
  std::string reason_of(const Scope& scope, bool* from_memory = nullptr) {
    const auto header = index.header();
    auto found = header ? cache.find({scope}, *header) : std::nullopt;
    if (from_memory != nullptr) *from_memory = found.has_value();
    if (!found) {
      auto read = cache.take({scope}, session.in_force_statement().run({scope}), header);
      REQUIRE(read.ok());
      found = std::move(read).value();
    }
    return found->policies[0] == nullptr ? "" : found->policies[0]->reason.value_or("");
  }

  bool is_known(const Scope& scope) {
    bool from_memory = false;
    reason_of(scope, &from_memory);
    return from_memory;
  }

  // What the cache says is what a plain SELECT says; `known`: and whether it is from memory.
  void check_all(std::optional<bool> known) {
    for (const Scope& scope : {project("p"), user("u")}) {
      const std::string body = other.value("SELECT body FROM policy WHERE scope = '" +
                                           std::string(name(scope.kind())) + "'");
      bool from_memory = false;
      const std::string said = reason_of(scope, &from_memory);
      CHECK(said == codec::policy_from_text(body).value().reason);
      if (known) CHECK(from_memory == *known);
    }
  }

  void warm() {
    for (int i = 0; i < 2; ++i) {
      reason_of(project("p"));
      reason_of(user("u"));
    }
    REQUIRE(is_known(project("p")));
    REQUIRE(is_known(user("u")));
  }
};

using Point = std::function<void(Steps&)>;
struct Points {
  Point before_begin, in_write, after_commit, after_all;
};

// One write of this process with something at each point.
void write_with(Steps& steps, const Points& points, const std::string& reason) {
  const auto at = [&](const Point& point) {
    if (point) point(steps);
  };
  at(points.before_begin);
  {
    Transaction transaction(steps.session);
    CarryOver carry(steps.session, steps.index, steps.cache, steps.seen, steps.checkpoints);
    const WrittenPolicies written = steps.write(steps.session.write_statements(), reason);
    at(points.in_write);
    transaction.commit();
    at(points.after_commit);
    carry.committed({written, {}});
  }
  at(points.after_all);
}

const Point others = [](Steps& steps) { steps.commit_of_others(); };
const Point look = [](Steps& steps) {
  steps.reason_of(project("p"));
  steps.reason_of(user("u"));
};
const Point checkpoint = [](Steps& steps) { steps.other.run("PRAGMA wal_checkpoint(TRUNCATE)"); };

}  // namespace

TEST_CASE("A commit of this process alone is carried over, again and again") {
  Steps steps;
  steps.warm();
  for (int i = 0; i < 100; ++i) {
    write_with(steps, {}, std::to_string(i));
    steps.check_all(true);
  }
}

TEST_CASE("A commit of others before the write leaves nothing to carry but what was written") {
  Steps steps;
  steps.warm();
  write_with(steps, {others, {}, {}, {}}, "own");
  CHECK(steps.is_known(project("p")));
  CHECK_FALSE(steps.is_known(user("u")));
  steps.check_all(true);
}

TEST_CASE("A commit of others between COMMIT and the carry-over ends all") {
  Steps steps;
  for (int i = 0; i < 50; ++i) {
    steps.warm();
    write_with(steps, {{}, {}, others, {}}, std::to_string(i));
    steps.check_all(false);
    steps.check_all(true);
  }
}

TEST_CASE("A commit of others after the carry-over ends all") {
  Steps steps;
  steps.warm();
  write_with(steps, {{}, {}, {}, others}, "own");
  steps.check_all(false);
}

TEST_CASE("Readers at every point see what a SELECT says, and lose nothing of a write's") {
  Steps steps;
  steps.warm();
  for (int i = 0; i < 50; ++i) {
    write_with(steps, {look, look, look, look}, std::to_string(i));
    steps.check_all(true);
  }
}

TEST_CASE("A checkpoint at every point makes nothing stale") {
  for (const Points& points :
       {Points{checkpoint, {}, {}, {}}, Points{{}, {}, checkpoint, {}},
        Points{{}, {}, {}, checkpoint}, Points{checkpoint, look, checkpoint, look},
        Points{others, look, checkpoint, others}}) {
    Steps steps;
    for (int i = 0; i < 10; ++i) {
      steps.warm();
      write_with(steps, points, std::to_string(i));
      steps.check_all(std::nullopt);
      steps.check_all(true);
    }
  }
}

TEST_CASE("A restart of the log within the write is carried over") {
  Steps steps;
  steps.warm();
  for (int i = 0; i < 20; ++i) {
    steps.other.run("PRAGMA wal_checkpoint(PASSIVE)");  // all is in the file: the next one restarts
    const auto salts = [&] { return steps.index.header().value()[8]; };
    const auto before = salts();
    write_with(steps, {}, std::to_string(i));
    CHECK(salts() != before);
    steps.check_all(true);
  }
}

TEST_CASE("A write that is rolled back, or that says nothing, carries nothing and spoils nothing") {
  Steps steps;
  steps.warm();
  {
    Transaction transaction(steps.session);
    const CarryOver carry(steps.session, steps.index, steps.cache, steps.seen, steps.checkpoints);
    steps.write(steps.session.write_statements(), "gone");
  }
  steps.check_all(true);
  {
    Transaction transaction(steps.session);
    const CarryOver carry(steps.session, steps.index, steps.cache, steps.seen, steps.checkpoints);
    steps.write(steps.session.write_statements(), "silent");
    transaction.commit();
  }
  steps.check_all(false);
}

TEST_CASE("The revision that is carried is the last one that was not given back") {
  Steps steps;
  Transaction transaction(steps.session);
  WriteStatements& statements = steps.session.write_statements();
  steps.write(statements, "one");
  const auto revision = statements.written().revision;
  REQUIRE(statements.next_revisions(3));
  CHECK(statements.written().revision == *revision + 3);
  REQUIRE(statements.next_revisions(-3));
  CHECK(statements.written().revision == revision);
}

TEST_CASE("A body that cannot be read is not carried, and nothing else is") {
  Steps steps;
  steps.warm();
  {
    Transaction transaction(steps.session);
    CarryOver carry(steps.session, steps.index, steps.cache, steps.seen, steps.checkpoints);
    WrittenPolicies written = steps.write(steps.session.write_statements(), "good");
    written.changes.front().body = "{";
    transaction.commit();
    carry.committed({written, {}});
  }
  steps.check_all(false);
}

TEST_CASE("What was seen outlives a write of policies, and a report of another instance") {
  Steps steps;
  const auto known = [&](const std::string& instance) {
    return steps.seen.find("p", instance, steps.index.header().value()).has_value();
  };
  const auto fill = [&] {
    for (const char* instance : {"a", "b"}) {
      steps.seen.put("p", instance, {}, steps.index.header().value());
    }
  };
  fill();
  write_with(steps, {}, "own");
  CHECK((known("a") && known("b")));
  const auto report = [&](const WrittenSeen& written, bool with_others) {
    Transaction transaction(steps.session);
    CarryOver carry(steps.session, steps.index, steps.cache, steps.seen, steps.checkpoints);
    steps.write(steps.session.write_statements(), "beside");
    transaction.commit();
    if (with_others) steps.commit_of_others();
    carry.committed({steps.session.write_statements().written(), written});
  };
  report({"p", "a", false}, false);
  CHECK_FALSE(known("a"));
  CHECK(known("b"));
  fill();
  report({"p", "a", true}, false);
  CHECK_FALSE(known("b"));
  fill();
  report({"p", "a", false}, true);
  CHECK_FALSE(known("b"));
}
