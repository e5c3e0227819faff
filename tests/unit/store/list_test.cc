// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;

namespace {

// In the order of a list.
const std::vector<Scope>& some_scopes() {
  static const std::vector<Scope> scopes{
      cloud(),          domain("D"),      domain("a"),      domain("b"),
      instance("a", 1), instance("a", 2), instance("a", 3), instance("b", 2),
      instance("c", 9), project("B"),     project("a"),     project("a.b"),
      project("a_b"),   project("b"),     user("a"),        user("z")};
  return scopes;
}

void fill(Store& store) {
  // Not stored in the order of the list.
  std::vector<Scope> scopes = some_scopes();
  std::reverse(scopes.begin(), scopes.end());
  std::rotate(scopes.begin(), scopes.begin() + 5, scopes.end());
  for (const Scope& scope : scopes) put(store, scope, says(text_of(scope)));
}

// Every policy, read page by page.
Texts read_pages(Store& store, const PolicyFilter& filter, std::size_t limit,
                 Direction direction = Direction::ascending) {
  Texts texts;
  std::optional<Scope> after;
  for (;;) {
    Result<std::vector<StoredPolicy>> page = store.list(filter, direction, after, limit);
    REQUIRE(page.ok());
    REQUIRE(page.value().size() <= limit);
    for (const StoredPolicy& stored : page.value()) {
      CHECK(stored.policy == says(text_of(stored.scope)));
      texts.push_back(text_of(stored.scope));
      after = stored.scope;
    }
    if (page.value().size() < limit) return texts;
  }
}

template <class Wanted>
Texts expected(const Wanted& wanted) {
  Texts texts;
  for (const Scope& scope : some_scopes()) {
    if (wanted(scope)) texts.push_back(text_of(scope));
  }
  return texts;
}

bool of_project(const Scope& scope, const std::string& id) {
  return (scope.kind() == ScopeKind::project || scope.kind() == ScopeKind::instance) &&
         scope.owner_id() == id;
}

}  // namespace

TEST_CASE("A list of an empty store is empty") {
  const TemporaryStore store;
  const Result<std::vector<StoredPolicy>> page =
      store->list({}, Direction::ascending, std::nullopt, 10);
  REQUIRE(page.ok());
  CHECK(page.value().empty());
}

TEST_CASE("Pages of a list give every policy once, in order") {
  const TemporaryStore store;
  fill(*store);
  const std::size_t limit = GENERATE(1U, 2U, 7U, 16U, 1000U);
  INFO("limit " << limit);
  CHECK(read_pages(*store, {}, limit) == expected([](const Scope&) { return true; }));
}

TEST_CASE("A list of one kind gives that kind only") {
  const TemporaryStore store;
  fill(*store);
  const std::size_t limit = GENERATE(1U, 7U);
  for (const ScopeKind kind : all_scope_kinds) {
    INFO(name(kind) << ", limit " << limit);
    CHECK(read_pages(*store, {kind, std::nullopt}, limit) ==
          expected([kind](const Scope& scope) { return scope.kind() == kind; }));
  }
}

TEST_CASE("A list of one project gives its own policy and those of its instances") {
  const TemporaryStore store;
  fill(*store);
  const std::size_t limit = GENERATE(1U, 2U, 7U);
  for (const char* id : {"a", "b", "c", "B", "none"}) {
    INFO(id << ", limit " << limit);
    CHECK(read_pages(*store, {std::nullopt, id}, limit) ==
          expected([id](const Scope& scope) { return of_project(scope, id); }));
  }
}

TEST_CASE("Both filters of a list hold at once") {
  const TemporaryStore store;
  fill(*store);
  CHECK(read_pages(*store, {ScopeKind::instance, "a"}, 2) == expected([](const Scope& scope) {
          return scope.kind() == ScopeKind::instance && scope.owner_id() == "a";
        }));
  CHECK(read_pages(*store, {ScopeKind::project, "a"}, 2) == Texts{"project/a"});
  CHECK(read_pages(*store, {ScopeKind::domain, "a"}, 2).empty());
}

TEST_CASE("A list continues after any place, stored or not, inside the filter or not") {
  const TemporaryStore store;
  fill(*store);
  std::vector<Scope> places = some_scopes();
  for (const Scope& gone : {domain("Z"), instance("a", 0), instance("b", 7), instance("zz", 1),
                            project("0"), project("zz"), user("b"), user("zz")}) {
    places.push_back(gone);
  }
  const auto key = [](const Scope& scope) {
    return std::tuple(std::string(name(scope.kind())), scope.owner_id(), scope.instance_id());
  };
  const Direction direction = GENERATE(Direction::ascending, Direction::descending);
  const bool up = direction == Direction::ascending;
  for (const Scope& place : places) {
    for (const std::optional<std::string>& id :
         {std::optional<std::string>(), std::optional<std::string>("a"),
          std::optional<std::string>("b")}) {
      INFO("after " << text_of(place) << ", project " << id.value_or("any"));
      const Result<std::vector<StoredPolicy>> page =
          store->list({std::nullopt, id}, direction, place, 1000);
      REQUIRE(page.ok());
      Texts texts;
      for (const StoredPolicy& stored : page.value()) texts.push_back(text_of(stored.scope));
      if (!up) std::reverse(texts.begin(), texts.end());
      CHECK(texts == expected([&](const Scope& scope) {
              return (up ? key(scope) > key(place) : key(scope) < key(place)) &&
                     (!id || of_project(scope, *id));
            }));
    }
  }
}

TEST_CASE("A descending list gives every policy once, in reverse order") {
  const TemporaryStore store;
  fill(*store);
  const std::size_t limit = GENERATE(1U, 3U, 16U, 1000U);
  Texts all = expected([](const Scope&) { return true; });
  std::reverse(all.begin(), all.end());
  CHECK(read_pages(*store, {}, limit, Direction::descending) == all);
  CHECK(read_pages(*store, {ScopeKind::instance, "a"}, limit, Direction::descending).size() == 3);
}

TEST_CASE("A list by the last change gives every policy once and orders equal times by revision") {
  const TemporaryStore store;
  // Two of each time, and the times against the order of the revisions.
  long long time = 100;
  Texts by_update;
  for (const Scope& scope : some_scopes()) {
    REQUIRE(store->put(scope, says(text_of(scope)), author("alice", time / 2), allow).ok());
    --time;
  }
  std::vector<Scope> scopes = some_scopes();
  // 50; 49, 49; 48, 48; …: the later pair first, and within a pair the lower revision first.
  for (std::size_t i = scopes.size(); i > 0;) {
    const std::size_t pair = i == scopes.size() ? 1 : (i >= 2 ? 2 : 1);
    for (std::size_t j = i - pair; j < i; ++j) by_update.push_back(text_of(scopes[j]));
    i -= pair;
  }
  const std::size_t limit = GENERATE(1U, 2U, 3U, 16U, 1000U);
  const Direction direction = GENERATE(Direction::ascending, Direction::descending);
  if (direction == Direction::descending) std::reverse(by_update.begin(), by_update.end());
  const auto read = [&](const PolicyFilter& filter) {
    Texts texts;
    std::optional<UpdatePlace> after;
    for (;;) {
      Result<std::vector<StoredPolicy>> page =
          store->list_by_update(filter, direction, after, limit);
      REQUIRE(page.ok());
      for (const StoredPolicy& stored : page.value()) {
        texts.push_back(text_of(stored.scope));
        after = UpdatePlace{stored.updated_at, stored.revision};
      }
      if (page.value().size() < limit) return texts;
    }
  };
  const auto filtered = [&](const auto& wanted) {
    Texts texts;
    for (const std::string& text : by_update) {
      for (const Scope& scope : some_scopes()) {
        if (text_of(scope) == text && wanted(scope)) texts.push_back(text);
      }
    }
    return texts;
  };
  CHECK(read({}) == by_update);
  CHECK(read({ScopeKind::instance, std::nullopt}) ==
        filtered([](const Scope& scope) { return scope.kind() == ScopeKind::instance; }));
  CHECK(read({std::nullopt, "a"}) ==
        filtered([](const Scope& scope) { return of_project(scope, "a"); }));
  CHECK(read({ScopeKind::project, "a"}) == Texts{"project/a"});
  CHECK(read({ScopeKind::domain, "a"}).empty());
}

TEST_CASE("A list with a row that cannot be read is an internal error that names its scope") {
  const TemporaryStore store;
  put(*store, project("good"), says("good"));
  put(*store, project("bad"), says("secret reason"));
  const std::string broken =
      GENERATE("UPDATE policy SET body = '{\"prefer\":' WHERE owner_id = 'bad'",
               "UPDATE policy SET body = '{\"colour\":1}' WHERE owner_id = 'bad'",
               "UPDATE policy SET body = '' WHERE owner_id = 'bad'",
               "UPDATE policy SET instance_id = 'not empty' WHERE owner_id = 'bad'");
  RawDatabase(store.options).run(broken);
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
