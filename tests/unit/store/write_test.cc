// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

Error refusal() {
  return Error{ErrorCode::forbidden, "not you", {}};
}

std::vector<Change> all_changes(Store& store) {
  Result<std::vector<Change>> changes = store.changes({}, std::nullopt, 1000);
  REQUIRE(changes.ok());
  return std::move(changes).value();
}

}  // namespace

TEST_CASE("A new store is empty, at revision 0, and healthy") {
  const TemporaryStore store;
  CHECK(store->figures().policies == 0);
  CHECK(revision_of(*store) == 0);
  CHECK_FALSE(find(*store, project("p")));
  REQUIRE(store->check().ok());
  CHECK(store->check().value().empty());
}

TEST_CASE("A put creates a policy and returns what is stored") {
  const TemporaryStore store;
  Policy policy = prefers({ConsoleType::spice, ConsoleType::vnc});
  policy.deny.insert(ConsoleType::rdp);
  policy.allow.insert(ConsoleType::mks);
  policy.reason = "because";
  policy.expires_at = at(1'900'000'000'123'456);
  const Result<StoredPolicy> stored =
      store->put(project("p"), policy, author("alice", 1'700'000'000'000'001), allow);
  REQUIRE(stored.ok());
  const std::optional<StoredPolicy> found = find(*store, project("p"));
  REQUIRE(found);
  for (const StoredPolicy& one : {stored.value(), *found}) {
    CHECK(one.scope == project("p"));
    CHECK(one.policy == policy);
    CHECK(one.revision == 1);
    CHECK(one.created_at == at(1'700'000'000'000'001));
    CHECK(one.updated_at == at(1'700'000'000'000'001));
    CHECK(one.updated_by == "alice");
  }
}

TEST_CASE("A put on an existing policy replaces it and keeps its time of creation") {
  const TemporaryStore store;
  REQUIRE(store->put(user("u"), says("one"), author("alice", 10), allow).ok());
  const Result<StoredPolicy> stored = store->put(user("u"), says("two"), author("bob", 20), allow);
  REQUIRE(stored.ok());
  const std::optional<StoredPolicy> found = find(*store, user("u"));
  REQUIRE(found);
  for (const StoredPolicy& one : {stored.value(), *found}) {
    CHECK(one.policy == says("two"));
    CHECK(one.revision == 2);
    CHECK(one.created_at == at(10));
    CHECK(one.updated_at == at(20));
    CHECK(one.updated_by == "bob");
  }
}

TEST_CASE("A put of an equal policy is a change with its own revision") {
  const TemporaryStore store;
  put(*store, cloud(), says("same"));
  CHECK(put(*store, cloud(), says("same")).revision == 2);
  CHECK(all_changes(*store).size() == 2);
}

TEST_CASE("A remove deletes the policy and counts as a change") {
  const TemporaryStore store;
  put(*store, instance("p", 1), says("x"));
  put(*store, instance("p", 2), says("stays"));
  CHECK(store->remove(instance("p", 1), author(), allow).ok());
  CHECK_FALSE(find(*store, instance("p", 1)));
  CHECK(find(*store, instance("p", 2)));
  CHECK(revision_of(*store) == 3);
}

TEST_CASE("A remove of a missing policy is not_found, calls no guard and changes nothing") {
  const TemporaryStore store;
  bool asked = false;
  const Status removed =
      store->remove(project("p"), author(), [&asked](const std::optional<StoredPolicy>&) -> Status {
        asked = true;
        return Success{};
      });
  REQUIRE_FALSE(removed.ok());
  CHECK(removed.error().code == ErrorCode::not_found);
  CHECK_FALSE(asked);
  CHECK(revision_of(*store) == 0);
  CHECK(all_changes(*store).empty());
}

TEST_CASE("A guard receives the stored policy") {
  const TemporaryStore store;
  std::vector<std::optional<StoredPolicy>> seen;
  const Guard look = [&seen](const std::optional<StoredPolicy>& before) -> Status {
    seen.push_back(before);
    return Success{};
  };
  REQUIRE(store->put(project("p"), says("one"), author("alice"), look).ok());
  REQUIRE(store->put(project("p"), says("two"), author("bob"), look).ok());
  REQUIRE(store->remove(project("p"), author("carol"), look).ok());
  REQUIRE(seen.size() == 3);
  CHECK_FALSE(seen[0]);
  REQUIRE(seen[1]);
  CHECK(seen[1]->policy == says("one"));
  CHECK(seen[1]->updated_by == "alice");
  REQUIRE(seen[2]);
  CHECK(seen[2]->policy == says("two"));
  CHECK(seen[2]->revision == 2);
}

TEST_CASE("A write that its guard refuses returns the error of the guard and changes nothing") {
  const TemporaryStore store;
  put(*store, project("p"), says("stays"));
  const Guard refuse = [](const std::optional<StoredPolicy>&) -> Status { return refusal(); };
  const Result<StoredPolicy> stored = store->put(project("p"), says("new"), author(), refuse);
  const Result<StoredPolicy> created = store->put(project("q"), says("new"), author(), refuse);
  const Status removed = store->remove(project("p"), author(), refuse);
  REQUIRE_FALSE(stored.ok());
  REQUIRE_FALSE(created.ok());
  REQUIRE_FALSE(removed.ok());
  for (const Error& error : {stored.error(), created.error(), removed.error()}) {
    CHECK(error.code == ErrorCode::forbidden);
    CHECK(error.message == "not you");
  }
  CHECK(find(*store, project("p"))->policy == says("stays"));
  CHECK_FALSE(find(*store, project("q")));
  CHECK(revision_of(*store) == 1);
  CHECK(all_changes(*store).size() == 1);
  CHECK(put(*store, project("p"), says("next")).revision == 2);
}

TEST_CASE("Quotes, apostrophes, colons, backslashes and any UTF-8 are stored unchanged") {
  const TemporaryStore store;
  for (const char* text :
       {"it's", "\"quoted\"", "'; DROP TABLE policy; --", ":scope :0 ::", "back\\slash \\u0041",
        "%s %n", "Grüße, 世界, \xF0\x9F\x96\xA5", "{\"prefer\":[]}", " "}) {
    INFO(text);
    put(*store, project("p"), says(text));
    CHECK(find(*store, project("p"))->policy == says(text));
    CHECK(all_changes(*store).front().after == says(text));
  }
}

TEST_CASE("A reason of the greatest length is stored whole") {
  const TemporaryStore store;
  const std::string reason(max_reason_bytes, '"');
  put(*store, project("p"), says(reason));
  CHECK(find(*store, project("p"))->policy.reason == reason);
}

TEST_CASE("A change id that is in the log is refused and nothing is applied twice") {
  const TemporaryStore store(
      [](Options& options) { options.wait_timeout = std::chrono::milliseconds(200); });
  const Author once = author();
  REQUIRE(store->put(project("p"), says("one"), once, allow).ok());
  const Result<StoredPolicy> again = store->put(project("p"), says("two"), once, allow);
  REQUIRE_FALSE(again.ok());
  // MariaDB may have had two inserts of one key at once, so it retries until the deadline.
  CHECK(again.error().code == (on_mariadb() ? ErrorCode::unavailable : ErrorCode::internal));
  CHECK(find(*store, project("p"))->policy == says("one"));
  CHECK(revision_of(*store) == 1);
}

TEST_CASE("An author with an empty or too long id is an internal error") {
  const TemporaryStore store;
  Author nobody = author();
  nobody.user_id.clear();
  Author lengthy = author();
  lengthy.change_id = std::string(65, 'x');
  for (const Author& wrong : {nobody, lengthy}) {
    const Result<StoredPolicy> stored = store->put(cloud(), says("x"), wrong, allow);
    REQUIRE_FALSE(stored.ok());
    CHECK(stored.error().code == ErrorCode::internal);
  }
  CHECK(revision_of(*store) == 0);
}

TEST_CASE("Policies are found after the store is closed and opened again") {
  TemporaryStore store;
  put(*store, project("p"), says("kept"));
  put(*store, project("q"), says("kept too"));
  REQUIRE(store->remove(project("q"), author(), allow).ok());
  store.reopen();
  CHECK(find(*store, project("p"))->policy == says("kept"));
  CHECK_FALSE(find(*store, project("q")));
  CHECK(revision_of(*store) == 3);
  CHECK(put(*store, project("p"), says("next")).revision == 4);
}
