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

Revisions read_changes(Store& store, const ChangeFilter& filter, std::size_t limit) {
  Revisions revisions;
  std::optional<Revision> before;
  for (;;) {
    Result<std::vector<Change>> page = store.changes(filter, before, limit);
    REQUIRE(page.ok());
    REQUIRE(page.value().size() <= limit);
    for (const Change& change : page.value()) {
      revisions.push_back(change.revision);
      before = change.revision;
    }
    if (page.value().size() < limit) return revisions;
  }
}

ChangeFilter of_project(const std::string& id) {
  ChangeFilter filter;
  filter.project_id = id;
  return filter;
}

}  // namespace

TEST_CASE("Every write logs a change with its author, time, action and both policies") {
  const TemporaryStore store;
  const Author creator = author("alice", 10);
  const Author updater = author("bob", 20);
  const Author remover = author("carol", 30);
  REQUIRE(store->put(instance("p", 1), says("one"), creator, allow).ok());
  REQUIRE(store->put(instance("p", 1), says("two"), updater, allow).ok());
  REQUIRE(store->remove(instance("p", 1), remover, allow).ok());
  const Result<std::vector<Change>> changes = store->changes({}, std::nullopt, 10);
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

TEST_CASE("Pages of changes give each change once, newest first") {
  const TemporaryStore store;
  for (int i = 0; i < 20; ++i) put(*store, project("p"), says(std::to_string(i)));
  Revisions expected(20);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<Revision>(20 - i);
  const std::size_t limit = GENERATE(1U, 7U, 20U, 1000U);
  INFO("limit " << limit);
  CHECK(read_changes(*store, {}, limit) == expected);
}

TEST_CASE("Changes of a project are those of its policy and of its instances") {
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
  CHECK(read_changes(*store, of_project("p"), limit) == expected);
  CHECK(read_changes(*store, of_project("none"), limit).empty());
}

TEST_CASE("A change that cannot be read back is an internal error that names its revision") {
  const TemporaryStore store;
  put(*store, project("p"), says("one"));
  put(*store, project("p"), says("two"));
  const std::string broken = GENERATE("UPDATE change_log SET action = 'guess' WHERE revision = 2",
                                      "UPDATE change_log SET before_body = '[' WHERE revision = 2",
                                      "UPDATE change_log SET scope = 'world' WHERE revision = 2");
  RawDatabase(store.options).run(broken);
  INFO(broken);
  const Result<std::vector<Change>> changes = store->changes({}, std::nullopt, 10);
  REQUIRE_FALSE(changes.ok());
  CHECK(changes.error().code == ErrorCode::internal);
  CHECK_THAT(changes.error().internal, Contains("change_log (revision 2)"));
  CHECK(store->changes({}, 2, 10).ok());
}

TEST_CASE("All conditions of a filter of changes hold at once") {
  const TemporaryStore store;
  const std::vector<Scope> scopes{cloud(),          domain("p"),      project("p"), user("p"),
                                  instance("p", 1), instance("q", 1), project("q")};
  // The clock goes back twice: the order of times is not that of the revisions.
  const std::vector<long long> times{10, 20, 20, 15, 30, 40, 35, 35, 35, 50, 60, 20};
  std::vector<Change> all;
  for (std::size_t i = 0; i < 60; ++i) {
    const Scope& scope = scopes[i % scopes.size()];
    const Author by = author(i % 3 == 0 ? "alice" : "bob", times[i % times.size()]);
    const Result<StoredPolicy> stored = store->put(scope, says(std::to_string(i)), by, allow);
    REQUIRE(stored.ok());
    Change change = store->changes({}, std::nullopt, 1).value().front();
    all.push_back(std::move(change));
  }
  const auto wanted = [](const ChangeFilter& filter, const Change& change) {
    const bool projects =
        change.scope.kind() == ScopeKind::project || change.scope.kind() == ScopeKind::instance;
    return (!filter.kind || change.scope.kind() == *filter.kind) &&
           (!filter.project_id || (projects && change.scope.owner_id() == *filter.project_id)) &&
           (!filter.user_id || change.user_id == *filter.user_id) &&
           (!filter.since || change.at >= *filter.since) &&
           (!filter.until || change.at < *filter.until);
  };
  using Time = std::optional<Timestamp>;
  for (const std::optional<ScopeKind>& kind :
       {std::optional<ScopeKind>(), std::optional<ScopeKind>(ScopeKind::instance)}) {
    for (const char* project : {"", "p"}) {
      for (const char* user : {"", "alice"}) {
        for (const auto& [since, until] :
             {std::pair(Time(), Time()), std::pair(Time(at(20)), Time()),
              std::pair(Time(), Time(at(35))), std::pair(Time(at(20)), Time(at(36))),
              std::pair(Time(at(36)), Time(at(20)))}) {
          ChangeFilter filter{kind, {}, {}, since, until};
          if (*project != '\0') filter.project_id = project;
          if (*user != '\0') filter.user_id = user;
          std::vector<Change> kept;
          for (const Change& change : all) {
            if (wanted(filter, change)) kept.push_back(change);
          }
          std::sort(kept.begin(), kept.end(), [&](const Change& a, const Change& b) {
            if (filter.has_time() && a.at != b.at) return a.at > b.at;
            return a.revision > b.revision;
          });
          Revisions expected;
          for (const Change& change : kept) expected.push_back(change.revision);
          for (const std::size_t limit : {1U, 4U, 1000U}) {
            INFO("project " << project << ", user " << user << ", limit " << limit);
            CHECK(read_changes(*store, filter, limit) == expected);
          }
        }
      }
    }
  }
}

TEST_CASE("A page by time after a revision that has no change is refused") {
  const TemporaryStore store;
  put(*store, project("p"), says("one"));
  ChangeFilter filter;
  filter.since = at(0);
  const Result<std::vector<Change>> page = store->changes(filter, 7, 10);
  REQUIRE_FALSE(page.ok());
  CHECK(page.error().code == ErrorCode::invalid_request);
  CHECK(store->changes({}, 7, 10).ok());
}
