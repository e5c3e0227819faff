// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

TEST_CASE("A new store is empty, at revision 0, and healthy") {
  const TemporaryStore store;
  const Result<Snapshot> snapshot = store->lookup({cloud(), project("p")});
  REQUIRE(snapshot.ok());
  CHECK(snapshot.value().policies.empty());
  CHECK(snapshot.value().revision == 0);
  CHECK(store->check().ok());
}

TEST_CASE("A lookup gives the policies of all five scopes and of no other") {
  const TemporaryStore store;
  const std::vector<Scope> wanted{cloud(), domain("d"), project("p"), user("u"), instance("p", 1)};
  for (const Scope& scope : wanted) put(*store, scope, says(text_of(scope)));
  // Neighbours of every key: same id at another kind, same instance in another project.
  for (const Scope& scope : {domain("p"), project("d"), user("p"), project("u"), instance("q", 1),
                             instance("p", 2), project("p2")}) {
    put(*store, scope, says("not wanted"));
  }
  const Result<Snapshot> snapshot = store->lookup(wanted);
  REQUIRE(snapshot.ok());
  CHECK(snapshot.value().revision == 12);
  REQUIRE(snapshot.value().policies.size() == 5);
  for (const StoredPolicy& stored : snapshot.value().policies) {
    CHECK(stored.policy == says(text_of(stored.scope)));
    CHECK(std::find(wanted.begin(), wanted.end(), stored.scope) != wanted.end());
  }
}

TEST_CASE("A lookup forgets the scopes of the lookup before it") {
  const TemporaryStore store;
  put(*store, project("p"), says("p"));
  Options one_session = options_for(store.path);
  one_session.sessions = 1;
  const std::unique_ptr<Store> reader = open_or_fail(one_session);
  CHECK(find(*reader, project("p")));
  CHECK_FALSE(find(*reader, project("q")));
  CHECK(reader->lookup({}).value().policies.empty());
}

TEST_CASE("A lookup of more scopes than there are kinds is an internal error") {
  const TemporaryStore store;
  const Result<Snapshot> snapshot = store->lookup(std::vector<Scope>(6, cloud()));
  REQUIRE_FALSE(snapshot.ok());
  CHECK(snapshot.error().code == ErrorCode::internal);
}

TEST_CASE("A reader sees a write of another store on the same file as soon as it has returned") {
  const TemporaryStore writer;
  Options one_session = options_for(writer.path);
  one_session.sessions = 1;  // so that the kept statement is the same at each lookup
  const std::unique_ptr<Store> reader = open_or_fail(one_session);
  for (int i = 1; i <= 200; ++i) {
    put(*writer, project("p"), says(std::to_string(i)));
    const std::optional<StoredPolicy> seen = find(*reader, project("p"));
    REQUIRE(seen);
    REQUIRE(seen->revision == i);
    REQUIRE(seen->policy.reason == std::to_string(i));
  }
}

TEST_CASE("Lookups do not keep the write-ahead log from being emptied") {
  const TemporaryStore store;
  for (int i = 0; i < 4; ++i) {
    put(*store, project("p"), says("x"));
    REQUIRE(find(*store, project("p")));
  }
  // busy|log|checkpointed: 0 at the first says that no reader stood in the way.
  CHECK_THAT(RawDatabase(store.path).value("PRAGMA wal_checkpoint(TRUNCATE)"),
             Catch::StartsWith("0|"));
}

TEST_CASE("A row that cannot be read back is an internal error that names its scope") {
  const TemporaryStore store;
  put(*store, project("good"), says("good"));
  put(*store, project("bad"), says("secret reason"));
  const std::string broken =
      GENERATE("UPDATE policy SET body = '{\"prefer\":' WHERE owner_id = 'bad'",
               "UPDATE policy SET body = '{\"prefer\":[\"TELNET\"]}' WHERE owner_id = 'bad'",
               "UPDATE policy SET body = '' WHERE owner_id = 'bad'",
               "UPDATE policy SET instance_id = 'not empty' WHERE owner_id = 'bad'");
  RawDatabase(store.path).run(broken);
  INFO(broken);
  const Result<std::vector<StoredPolicy>> listed =
      store->list({}, Direction::ascending, std::nullopt, 10);
  REQUIRE_FALSE(listed.ok());
  CHECK(listed.error().code == ErrorCode::internal);
  CHECK_THAT(listed.error().internal, Contains("scope 'project', owner_id 'bad'"));
  CHECK_THAT(listed.error().internal + listed.error().message, !Contains("secret reason"));
  CHECK_THAT(listed.error().message, !Contains("bad"));
  CHECK(find(*store, project("good")));
}
