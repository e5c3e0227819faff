// SPDX-License-Identifier: Apache-2.0
// Two daemons on one database.
#include <catch2/catch.hpp>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/seen.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

struct TwoStores {
  TemporaryStore first;
  Reports reports;
  std::unique_ptr<Store> second{open_or_fail(first.options, reports.receiver())};
};

// Only its own writes bring news of the others.
std::unique_ptr<Store> open_without_polls(const TemporaryStore& store) {
  Options options = store.options;
  options.poll_interval = std::chrono::hours(1);
  return open_or_fail(options);
}

// As a restore of a backup from before revision 2: another change has its place.
void rewrite_revision_2(const TemporaryStore& store) {
  RawDatabase(store.options)
      .run(
          "BEGIN; "
          "UPDATE change_log SET change_id = 'restored', owner_id = 'other' WHERE revision = 2; "
          "UPDATE policy SET owner_id = 'other' WHERE revision = 2; COMMIT");
}

}  // namespace

TEST_CASE("Writes and removals through one store are seen by the other one") {
  const TwoStores stores;
  put(*stores.first, project("p"), says("a"));
  CHECK(eventually([&] { return reason_of(*stores.second, project("p")) == "a"; }));
  put(*stores.second, project("p"), says("b"));
  CHECK(eventually([&] { return reason_of(*stores.first, project("p")) == "b"; }));
  REQUIRE(stores.first->remove(project("p"), author(), allow).ok());
  CHECK(eventually([&] { return reason_of(*stores.second, project("p")).empty(); }));
  CHECK(revision_of(*stores.second) == 3);
  CHECK(stores.second->figures().reloads == 0);
}

TEST_CASE("A store sees its own write at once, after writes of the other one too") {
  const TemporaryStore other;
  const std::unique_ptr<Store> store = open_without_polls(other);
  for (int i = 1; i <= 30; ++i) {
    put(*other, project("theirs"), says(std::to_string(i)));
    put(*store, project("mine"), says(std::to_string(i)));
    REQUIRE(reason_of(*store, project("mine")) == std::to_string(i));
    REQUIRE(reason_of(*store, project("theirs")) == std::to_string(i));
    REQUIRE(revision_of(*store) == 2 * i);
  }
  CHECK(store->figures().reloads == 0);
}

TEST_CASE("Revisions of writes through two stores have no gap and no repetition") {
  const TwoStores stores;
  Revision last = 0;
  for (int i = 0; i < 30; ++i) {
    Store& store = i % 3 == 0 ? *stores.second : *stores.first;
    CHECK(put(store, instance("p", i), says("x")).revision == ++last);
  }
  CHECK(eventually([&] { return stores.second->figures().policies == 30; }));
}

TEST_CASE("Observations learned by one store are found by the other one, with their updates") {
  const TwoStores stores;
  learn(*stores.first, "p", 1, {seen(vnc, opened), seen(spice, opened)});
  CHECK(eventually([&] { return known(*stores.second, "p", 1).size() == 2; }));
  learn(*stores.second, "p", 1, {seen(vnc, unavailable, noon + day)});
  CHECK(eventually([&] { return known(*stores.first, "p", 1)[1].status == unavailable; }));
  CHECK(known(*stores.second, "p", 1)[1].status == unavailable);
}

TEST_CASE("An instance that one store forgets is forgotten by the other one") {
  const TwoStores stores;
  learn(*stores.first, "p", 1, {seen(vnc, opened)});
  learn(*stores.first, "p", 2, {seen(vnc, opened)});
  REQUIRE(eventually([&] { return known(*stores.second, "p", 2).size() == 1; }));
  REQUIRE(forget(*stores.first, "p", 1).ok());
  CHECK(eventually([&] { return known(*stores.first, "p", 1).empty(); }));
  CHECK(eventually([&] { return known(*stores.second, "p", 1).empty(); }));
  CHECK(known(*stores.second, "p", 2).size() == 1);
}

TEST_CASE("An observation right after its instance was forgotten is kept by both stores") {
  const TwoStores stores;
  learn(*stores.first, "p", 1, {seen(vnc, opened), seen(spice, opened)});
  REQUIRE(eventually([&] { return known(*stores.second, "p", 1).size() == 2; }));
  REQUIRE(forget(*stores.first, "p", 1).ok());
  learn(*stores.first, "p", 1, {seen(vnc, unavailable, noon + day)});
  CHECK(eventually([&] {
    const std::vector<SeenType> found = known(*stores.second, "p", 1);
    return found.size() == 1 && found[0].status == unavailable;
  }));
  CHECK(known(*stores.first, "p", 1).size() == 1);
  CHECK(RawDatabase(stores.first.options).value("SELECT count(*) FROM availability") == "1");
}

TEST_CASE("After a restore both stores hold what is stored and nothing else") {
  const TwoStores stores;
  put(*stores.first, project("p"), says("kept"));
  put(*stores.first, project("q"), says("x"));
  REQUIRE(eventually([&] { return revision_of(*stores.second) == 2; }));
  rewrite_revision_2(stores.first);
  for (Store* store : {stores.first.store.get(), stores.second.get()}) {
    CHECK(eventually([&] { return reason_of(*store, project("other")) == "x"; }));
    CHECK(reason_of(*store, project("q")).empty());
    CHECK(reason_of(*store, project("p")) == "kept");
    CHECK(store->figures().reloads == 1);
  }
  CHECK(stores.reports.count("all policies were loaded again") == 1);
  CHECK(put(*stores.second, project("q"), says("new")).revision == 3);
  CHECK(eventually([&] { return reason_of(*stores.first, project("q")) == "new"; }));
  CHECK(stores.first->figures().reloads == 1);
}

TEST_CASE("A write that notices a restore is seen by the next request") {
  const TemporaryStore other;
  put(*other, project("p"), says("kept"));
  put(*other, project("q"), says("x"));
  const std::unique_ptr<Store> store = open_without_polls(other);
  rewrite_revision_2(other);
  put(*store, project("p"), says("new"));
  CHECK(reason_of(*store, project("p")) == "new");
  CHECK(reason_of(*store, project("other")) == "x");
  CHECK(reason_of(*store, project("q")).empty());
  CHECK(revision_of(*store) == 3);
  put(*store, project("p"), says("newer"));
  CHECK(reason_of(*store, project("p")) == "newer");
  CHECK(store->figures().reloads == 1);
}

TEST_CASE("A refused write that notices a restore leaves what is stored in memory") {
  const TemporaryStore other;
  put(*other, project("p"), says("kept"));
  put(*other, project("q"), says("x"));
  const std::unique_ptr<Store> store = open_without_polls(other);
  rewrite_revision_2(other);
  const Guard refuse = [](const std::optional<StoredPolicy>&) -> Status {
    return Error{ErrorCode::forbidden, "no", {}};
  };
  CHECK_FALSE(store->put(project("p"), says("new"), author(), refuse).ok());
  CHECK(revision_of(*store) == 2);
  CHECK(reason_of(*store, project("p")) == "kept");
  CHECK(reason_of(*store, project("other")) == "x");
  CHECK(put(*store, project("p"), says("next")).revision == 3);
  CHECK(store->figures().reloads == 1);
}
