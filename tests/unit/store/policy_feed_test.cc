// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_feed.h"

#include <catch2/catch.hpp>

#include "service/store/database.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

namespace {

// Follows the database of a store, as another daemon does, one step at a time.
class Reader final {
 public:
  explicit Reader(const TemporaryStore& store)
      : database_(make_dialect(store.options).value(), store.options) {}

  Feed catch_up() {
    Feed feed = Feed::must_load;
    run([&](soci::session& sql) -> Status {
      const Position mine = map.position();
      const Result<Revision> newest = read_revision(sql, database_.dialect());
      REQUIRE(newest.ok());
      feed = feed_.catch_up(sql, mine, newest.value());
      return Success{};
    });
    return feed;
  }

  void load() {
    run([&](soci::session& sql) -> Status {
      feed_.load(sql, read_revision(sql, database_.dialect()).value());
      return Success{};
    });
  }

  std::string reason(const Scope& scope) const {
    const Result<InForce> found = map.find({scope});
    REQUIRE(found.ok());
    return found.value().policies[0] == nullptr ? "" : *found.value().policies[0]->reason;
  }

  PolicyMap map;
  Reports reports;

 private:
  void run(const Work& work) {
    const Status done = database_.read_snapshot(work);
    INFO((done.ok() ? std::string("done") : done.error().internal));
    REQUIRE(done.ok());
  }

  Database database_;
  PolicyFeed feed_{map, database_.dialect(), reports.receiver()};
};

constexpr const char* unknown_body =
    "{\"prefer\":[\"WEBRTC\",\"VNC\"],\"deny\":[],\"allow\":[],\"reason\":\"new\","
    "\"expires_at\":null}";

}  // namespace

TEST_CASE("A reader catches up with puts, updates and removals from the empty map on") {
  const TemporaryStore store;
  Reader reader(store);
  CHECK(reader.catch_up() == Feed::current);
  put(*store, project("p"), says("a"));
  put(*store, project("q"), says("b"));
  CHECK(reader.catch_up() == Feed::current);
  CHECK(reader.reason(project("q")) == "b");
  put(*store, project("p"), says("c"));
  REQUIRE(store->remove(project("q"), author(), allow).ok());
  CHECK(reader.catch_up() == Feed::current);
  CHECK(reader.reason(project("p")) == "c");
  CHECK(reader.reason(project("q")).empty());
  CHECK(reader.map.position().revision == 4);
  CHECK(reader.map.position().change_id == store->changes({}, std::nullopt, 1).value()[0].id);
}

TEST_CASE("A load has every policy and the position of the newest change") {
  const TemporaryStore store;
  const std::vector<Scope> scopes{cloud(),          domain("a"),      domain("b"),
                                  project("a"),     project("a.b"),   user("z"),
                                  instance("a", 1), instance("a", 2), instance("b", 1)};
  for (const Scope& scope : scopes) put(*store, scope, says(text_of(scope)));
  Reader reader(store);
  reader.load();
  for (const Scope& scope : scopes) CHECK(reader.reason(scope) == text_of(scope));
  CHECK(reader.map.size() == scopes.size());
  CHECK(reader.catch_up() == Feed::current);
}

TEST_CASE("A gap in the change log asks for a load and leaves the map as it was") {
  const TemporaryStore store;
  Reader reader(store);
  put(*store, project("p"), says("a"));
  REQUIRE(reader.catch_up() == Feed::current);
  for (const char* reason : {"b", "c", "d"}) put(*store, project("p"), says(reason));
  const int missing = GENERATE(1, 2, 3, 4);  // 1: the change at the reader's own position
  INFO(missing);
  RawDatabase(store.options)
      .run("DELETE FROM change_log WHERE revision = " + std::to_string(missing));
  CHECK(reader.catch_up() == Feed::must_load);
  CHECK(reader.reason(project("p")) == "a");
  reader.load();
  CHECK(reader.reason(project("p")) == "d");
  put(*store, project("p"), says("e"));
  CHECK(reader.catch_up() == Feed::current);
  CHECK(reader.reason(project("p")) == "e");
}

TEST_CASE("A change log with another change at the reader's revision asks for a load") {
  const TemporaryStore store;
  Reader reader(store);
  put(*store, project("p"), says("lost"));
  REQUIRE(reader.catch_up() == Feed::current);
  RawDatabase raw(store.options);
  raw.run("UPDATE change_log SET change_id = 'restored' WHERE revision = 1");
  CHECK(reader.catch_up() == Feed::must_load);
  put(*store, project("q"), says("x"));
  CHECK(reader.catch_up() == Feed::must_load);
}

TEST_CASE("A revision that steps back asks for a load") {
  const TemporaryStore store;
  Reader reader(store);
  put(*store, project("p"), says("kept"));
  put(*store, project("q"), says("lost"));
  REQUIRE(reader.catch_up() == Feed::current);
  RawDatabase raw(store.options);
  raw.run(
      "UPDATE revision_counter SET revision = 1; DELETE FROM change_log WHERE revision = 2; "
      "DELETE FROM policy WHERE owner_id = 'q'");
  CHECK(reader.catch_up() == Feed::must_load);
  reader.load();
  CHECK(reader.reason(project("q")).empty());
  CHECK(reader.reason(project("p")) == "kept");
  CHECK(reader.catch_up() == Feed::current);
}

TEST_CASE("A reader that is too far behind loads everything instead") {
  const TemporaryStore store;
  Reader reader(store);
  RawDatabase(store.options)
      .run("UPDATE revision_counter SET revision = " + std::to_string(PolicyFeed::max_changes + 1));
  CHECK(reader.catch_up() == Feed::must_load);
}

TEST_CASE("After a load of a database without a change log the next changes are followed") {
  const TemporaryStore store;
  put(*store, project("p"), says("a"));
  RawDatabase(store.options).run("DELETE FROM change_log");
  Reader reader(store);
  reader.load();
  CHECK(reader.map.position() == Position{1, ""});
  CHECK(reader.catch_up() == Feed::current);
  put(*store, project("p"), says("b"));
  // The store had read the change that is deleted now, so its write loaded everything.
  CHECK(reader.catch_up() == Feed::current);
  CHECK(reader.reason(project("p")) == "b");
}

TEST_CASE("A console type that this version does not know is left out and logged once") {
  const TemporaryStore store;
  Reader reader(store);
  put(*store, project("p"), says("old"));
  put(*store, project("q"), says("old"));
  RawDatabase raw(store.options);
  raw.run(std::string("UPDATE change_log SET after_body = '") + unknown_body + "'");
  raw.run(std::string("UPDATE policy SET body = '") + unknown_body + "'");
  CHECK(reader.catch_up() == Feed::current);
  const PolicyPtr followed = reader.map.find({project("p")}).value().policies[0];
  CHECK(followed->prefer == std::vector<ConsoleType>{ConsoleType::vnc});
  reader.load();
  const PolicyPtr loaded = reader.map.find({project("p")}).value().policies[0];
  CHECK(*loaded == *followed);
  CHECK(reader.reports.count("a console type that this version ignores: WEBRTC") == 1);
  CHECK(find(*store, project("p"))->policy == *followed);
}

TEST_CASE("A row that cannot be read fails the resolutions that need it only, and is logged") {
  const TemporaryStore store;
  Reader reader(store);
  put(*store, project("bad"), says("secret"));
  put(*store, project("good"), says("good"));
  RawDatabase raw(store.options);
  raw.run("UPDATE change_log SET after_body = '{\"prefer\":' WHERE owner_id = 'bad'");
  raw.run("UPDATE policy SET body = '{\"prefer\":' WHERE owner_id = 'bad'");
  const bool loaded = GENERATE(false, true);
  if (loaded) {
    reader.load();
  } else {
    CHECK(reader.catch_up() == Feed::current);
  }
  const Result<InForce> found = reader.map.find({project("bad")});
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == ErrorCode::internal);
  CHECK(reader.reason(project("good")) == "good");
  CHECK(reader.reports.count("owner_id 'bad'") == 1);
  CHECK(reader.reports.count("secret") == 0);
}

TEST_CASE("A row whose scope is not valid is ignored by a load and logged") {
  const TemporaryStore store;
  put(*store, project("good"), says("good"));
  put(*store, project("bad"), says("x"));
  RawDatabase(store.options).run("UPDATE policy SET instance_id = 'x' WHERE owner_id = 'bad'");
  Reader reader(store);
  reader.load();
  CHECK(reader.reason(project("good")) == "good");
  CHECK(reader.map.size() == 1);
  CHECK(reader.reports.count("owner_id 'bad', instance_id 'x'") == 1);
}
