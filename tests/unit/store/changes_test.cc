// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;
using Revisions = std::vector<Revision>;

namespace {

Revisions read_pages(Store& store, const std::optional<std::string>& project_id,
                     std::size_t limit) {
  Revisions revisions;
  std::optional<Revision> before;
  for (;;) {
    Result<std::vector<Change>> page = store.changes(project_id, before, limit);
    REQUIRE(page.ok());
    REQUIRE(page.value().size() <= limit);
    for (const Change& change : page.value()) {
      revisions.push_back(change.revision);
      before = change.revision;
    }
    if (page.value().size() < limit) return revisions;
  }
}

}  // namespace

TEST_CASE("Every write leaves a change that says who, when, what, before and after") {
  const TemporaryStore store;
  const Author creator = author("alice", 10);
  const Author updater = author("bob", 20);
  const Author remover = author("carol", 30);
  REQUIRE(store->put(instance("p", 1), says("one"), creator, allow).ok());
  REQUIRE(store->put(instance("p", 1), says("two"), updater, allow).ok());
  REQUIRE(store->remove(instance("p", 1), remover, allow).ok());
  const Result<std::vector<Change>> changes = store->changes(std::nullopt, std::nullopt, 10);
  REQUIRE(changes.ok());
  REQUIRE(changes.value().size() == 3);

  const Change& removed = changes.value()[0];
  CHECK(removed.revision == 3);
  CHECK(removed.id == remover.change_id);
  CHECK(removed.at == at(30));
  CHECK(removed.action == Action::remove);
  CHECK(removed.scope == instance("p", 1));
  CHECK(removed.request_id == remover.request_id);
  CHECK(removed.user_id == "carol");
  CHECK(removed.before == says("two"));
  CHECK_FALSE(removed.after);

  const Change& updated = changes.value()[1];
  CHECK(updated.revision == 2);
  CHECK(updated.action == Action::update);
  CHECK(updated.user_id == "bob");
  CHECK(updated.before == says("one"));
  CHECK(updated.after == says("two"));

  const Change& created = changes.value()[2];
  CHECK(created.revision == 1);
  CHECK(created.id == creator.change_id);
  CHECK(created.action == Action::create);
  CHECK_FALSE(created.before);
  CHECK(created.after == says("one"));
}

TEST_CASE("Changes read page by page come once each, newest first") {
  const TemporaryStore store;
  for (int i = 0; i < 20; ++i) put(*store, project("p"), says(std::to_string(i)));
  Revisions expected(20);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<Revision>(20 - i);
  const std::size_t limit = GENERATE(1U, 7U, 20U, 1000U);
  INFO("limit " << limit);
  CHECK(read_pages(*store, std::nullopt, limit) == expected);
}

TEST_CASE("Changes of one project are its own and its instances', not a namesake's") {
  const TemporaryStore store;
  Revisions expected;
  for (int i = 0; i < 4; ++i) {
    put(*store, domain("p"), says("x"));
    put(*store, user("p"), says("x"));
    put(*store, project("q"), says("x"));
    put(*store, instance("q", 1), says("x"));
    put(*store, cloud(), says("x"));
    expected.push_back(put(*store, project("p"), says("x")).revision);
    expected.push_back(put(*store, instance("p", 1), says("x")).revision);
  }
  std::reverse(expected.begin(), expected.end());
  const std::size_t limit = GENERATE(1U, 7U);
  INFO("limit " << limit);
  CHECK(read_pages(*store, "p", limit) == expected);
  CHECK(read_pages(*store, "none", limit).empty());
}

TEST_CASE("A change that cannot be read back is an internal error that names its revision") {
  const TemporaryStore store;
  put(*store, project("p"), says("one"));
  put(*store, project("p"), says("two"));
  const std::string broken = GENERATE("UPDATE change_log SET action = 'guess' WHERE revision = 2",
                                      "UPDATE change_log SET before_body = '[' WHERE revision = 2",
                                      "UPDATE change_log SET scope = 'world' WHERE revision = 2");
  RawDatabase(store.path).run(broken);
  INFO(broken);
  const Result<std::vector<Change>> changes = store->changes(std::nullopt, std::nullopt, 10);
  REQUIRE_FALSE(changes.ok());
  CHECK(changes.error().code == ErrorCode::internal);
  CHECK_THAT(changes.error().internal, Contains("change_log (revision 2)"));
  CHECK(store->changes(std::nullopt, 2, 10).ok());
}
