// SPDX-License-Identifier: Apache-2.0
// Several writes in one transaction.
#include <catch2/catch.hpp>

#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

using Before = std::vector<std::optional<StoredPolicy>>;

Operation putting(const Scope& scope, const std::string& reason) {
  return {scope, says(reason), author().change_id};
}

Operation removing(const Scope& scope) {
  return {scope, std::nullopt, author().change_id};
}

Status pass(const Before& /*before*/) {
  return Success{};
}

}  // namespace

TEST_CASE("A batch is applied in order, each operation with its own revision and change") {
  const TemporaryStore store;
  put(*store, project("gone"), says("old"));
  put(*store, project("kept"), says("old"));
  const std::vector<Operation> operations{putting(project("new"), "a"), removing(project("gone")),
                                          putting(project("kept"), "b")};
  Before seen;
  const Result<std::vector<Applied>> applied =
      store->apply(operations, author("bob", 77), [&](const Before& before) -> Status {
        seen = before;
        return Success{};
      });
  REQUIRE(applied.ok());
  REQUIRE(seen.size() == 3);
  CHECK_FALSE(seen[0]);
  CHECK(seen[1]->policy == says("old"));
  CHECK(seen[2]->policy == says("old"));
  const std::vector<Action> actions{Action::create, Action::remove, Action::update};
  for (std::size_t i = 0; i < actions.size(); ++i) {
    CHECK(applied.value()[i].action == actions[i]);
    CHECK(applied.value()[i].revision == static_cast<Revision>(i + 3));
  }
  CHECK(find(*store, project("new"))->policy == says("a"));
  CHECK_FALSE(find(*store, project("gone")));
  const std::optional<StoredPolicy> kept = find(*store, project("kept"));
  CHECK(kept->policy == says("b"));
  CHECK(kept->revision == 5);
  CHECK(kept->updated_by == "bob");
  CHECK(kept->updated_at == at(77));
  CHECK(kept->created_at != at(77));
  CHECK(revision_of(*store) == 5);
  const std::vector<Change> changes = store->changes({}, std::nullopt, 3).value();
  CHECK(changes[0].id == operations[2].change_id);
  CHECK(changes[1].id == operations[1].change_id);
  CHECK(changes[1].action == Action::remove);
  CHECK(changes[2].after == says("a"));
}

TEST_CASE("A batch that the guard refuses changes nothing and uses no revision") {
  const TemporaryStore store;
  put(*store, project("p"), says("old"));
  const Result<std::vector<Applied>> applied =
      store->apply({putting(project("p"), "new"), putting(project("q"), "new")}, author(),
                   [](const Before& /*before*/) -> Status {
                     return Error{ErrorCode::forbidden, "no", {}};
                   });
  REQUIRE_FALSE(applied.ok());
  CHECK(applied.error().code == ErrorCode::forbidden);
  CHECK(find(*store, project("p"))->policy == says("old"));
  CHECK_FALSE(find(*store, project("q")));
  CHECK(revision_of(*store) == 1);
  CHECK(put(*store, project("r"), says("next")).revision == 2);
}

TEST_CASE("A batch that removes a missing policy fails even when its guard allows it") {
  const TemporaryStore store;
  const Result<std::vector<Applied>> applied =
      store->apply({putting(project("p"), "x"), removing(project("none"))}, author(), pass);
  REQUIRE_FALSE(applied.ok());
  CHECK(applied.error().code == ErrorCode::internal);
  CHECK_FALSE(find(*store, project("p")));
}

TEST_CASE("A failure in the middle of a batch rolls all of it back") {
  // MariaDB retries a duplicate key until the deadline.
  const TemporaryStore store(
      [](Options& options) { options.wait_timeout = std::chrono::milliseconds(200); });
  const Operation first = putting(project("p"), "x");
  Operation same_id = putting(project("q"), "x");
  same_id.change_id = first.change_id;
  CHECK_FALSE(store->apply({first, same_id}, author(), pass).ok());
  CHECK_FALSE(find(*store, project("p")));
  CHECK(revision_of(*store) == 0);
  CHECK(store->apply({first}, author(), pass).ok());
}

TEST_CASE("A batch with an empty change id is refused") {
  const TemporaryStore store;
  Operation nameless = putting(project("p"), "x");
  nameless.change_id.clear();
  const Result<std::vector<Applied>> applied =
      store->apply({nameless, putting(project("q"), "x")}, author(), pass);
  REQUIRE_FALSE(applied.ok());
  CHECK(applied.error().code == ErrorCode::internal);
}

TEST_CASE("An empty batch succeeds") {
  const TemporaryStore store;
  CHECK(store->apply({}, author(), pass).value().empty());
  CHECK(revision_of(*store) == 0);
}
