// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

namespace {

void small(Options& options) {
  options.max_policies = 4;
  options.max_policies_per_project = 2;
}

Status pass(const std::vector<std::optional<StoredPolicy>>& /*before*/) {
  return Success{};
}

Operation putting(const Scope& scope) {
  return {scope, says("x"), author().change_id};
}

Operation removing(const Scope& scope) {
  return {scope, std::nullopt, author().change_id};
}

void check_refused(const Error& error, const std::string& setting, const std::string& limit) {
  CHECK(error.code == ErrorCode::forbidden);
  CHECK_THAT(error.message, Contains(setting));
  CHECK_THAT(error.message, Contains(limit));
}

}  // namespace

TEST_CASE("Beyond the quota of all policies a new one is refused and the setting is named") {
  const TemporaryStore store(small);
  for (const char* id : {"a", "b", "c", "d"}) put(*store, user(id), says("x"));
  const Result<StoredPolicy> stored = store->put(cloud(), says("x"), author(), allow);
  REQUIRE_FALSE(stored.ok());
  check_refused(stored.error(), "store.max_policies", "4");
  CHECK_THAT(stored.error().message, !Contains("per_project"));
  CHECK(revision_of(*store) == 4);
}

TEST_CASE("Beyond the quota of a project a new policy is refused and the setting is named") {
  const TemporaryStore store(small);
  put(*store, project("p"), says("x"));
  put(*store, instance("p", 1), says("x"));
  const Result<StoredPolicy> stored = store->put(instance("p", 2), says("x"), author(), allow);
  REQUIRE_FALSE(stored.ok());
  check_refused(stored.error(), "store.max_policies_per_project", "2");
  CHECK_THAT(stored.error().message, Contains("Project p"));
  // A domain or a user with the same id, and other projects, are not of this project.
  put(*store, user("p"), says("x"));
  put(*store, instance("q", 1), says("x"));
}

TEST_CASE("At the quota updates and removals go on, and a removal makes room") {
  const TemporaryStore store(small);
  put(*store, project("p"), says("x"));
  put(*store, instance("p", 1), says("x"));
  put(*store, user("a"), says("x"));
  put(*store, user("b"), says("x"));
  put(*store, project("p"), says("updated"));
  put(*store, user("a"), says("updated"));
  CHECK_FALSE(store->put(user("c"), says("x"), author(), allow).ok());
  REQUIRE(store->remove(instance("p", 1), author(), allow).ok());
  put(*store, instance("p", 2), says("x"));
  CHECK_FALSE(store->put(instance("p", 1), says("x"), author(), allow).ok());
}

TEST_CASE("A batch beyond a quota is refused as a whole") {
  const TemporaryStore store(small);
  put(*store, project("p"), says("x"));
  const auto beyond_project = store->apply(
      {putting(user("a")), putting(instance("p", 1)), putting(instance("p", 2))}, author(), pass);
  REQUIRE_FALSE(beyond_project.ok());
  check_refused(beyond_project.error(), "store.max_policies_per_project", "2");
  const auto beyond_all =
      store->apply({putting(user("a")), putting(user("b")), putting(user("c")), putting(user("d"))},
                   author(), pass);
  REQUIRE_FALSE(beyond_all.ok());
  check_refused(beyond_all.error(), "store.max_policies", "4");
  CHECK(store->figures().policies == 1);
  CHECK(revision_of(*store) == 1);
}

TEST_CASE("A batch that adds as many policies as it removes fits at the quota") {
  const TemporaryStore store(small);
  for (const Scope& scope : {project("p"), instance("p", 1), user("a"), user("b")}) {
    put(*store, scope, says("x"));
  }
  CHECK(store
            ->apply({putting(instance("p", 2)), removing(instance("p", 1)), putting(cloud()),
                     removing(user("a")), putting(user("b"))},
                    author(), pass)
            .ok());
  CHECK(store->figures().policies == 4);
}

TEST_CASE("A quota counts the policies that another store has written just before") {
  const TemporaryStore other(small);
  Options options = other.options;
  options.poll_interval = std::chrono::hours(1);
  const std::unique_ptr<Store> store = open_or_fail(options);
  put(*other, instance("p", 1), says("x"));
  put(*other, instance("p", 2), says("x"));
  CHECK_FALSE(store->put(instance("p", 3), says("x"), author(), allow).ok());
  REQUIRE(other->remove(instance("p", 1), author(), allow).ok());
  CHECK(store->put(instance("p", 3), says("x"), author(), allow).ok());
}

TEST_CASE("A store with more policies than its quota opens and takes updates") {
  TemporaryStore store;
  for (int i = 0; i < 5; ++i) put(*store, instance("p", i), says("x"));
  small(store.options);
  store.reopen();
  CHECK(store->figures().policies == 5);
  put(*store, instance("p", 0), says("updated"));
  CHECK_FALSE(store->put(instance("p", 5), says("x"), author(), allow).ok());
}

TEST_CASE("A guard that refuses is heard before the quota") {
  const TemporaryStore store([](Options& options) { options.max_policies = 0; });
  const Guard refuse = [](const std::optional<StoredPolicy>&) -> Status {
    return Error{ErrorCode::precondition_failed, "changed", {}};
  };
  const Result<StoredPolicy> stored = store->put(cloud(), says("x"), author(), refuse);
  REQUIRE_FALSE(stored.ok());
  CHECK(stored.error().code == ErrorCode::precondition_failed);
}
