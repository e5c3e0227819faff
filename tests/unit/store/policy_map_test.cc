// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_map.h"

#include <catch2/catch.hpp>

#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

namespace {

PolicyChange putting(Revision revision, const Scope& scope, const std::string& reason) {
  return {{revision, "id-" + std::to_string(revision)},
          scope,
          true,
          std::make_shared<const Policy>(says(reason))};
}

PolicyChange removing(Revision revision, const Scope& scope) {
  return {{revision, "id-" + std::to_string(revision)}, scope, false, nullptr};
}

std::string reason_in(const PolicyMap& map, const Scope& scope) {
  const Result<InForce> found = map.find({scope});
  REQUIRE(found.ok());
  return found.value().policies[0] == nullptr ? "" : *found.value().policies[0]->reason;
}

}  // namespace

TEST_CASE("A new map is empty, at revision 0 without a change") {
  const PolicyMap map;
  CHECK(map.size() == 0);
  CHECK(map.position() == Position{});
  CHECK(map.find({cloud()}).value().policies[0] == nullptr);
}

TEST_CASE("Changes are applied in order, and the position follows") {
  PolicyMap map;
  REQUIRE(map.apply({putting(1, project("p"), "a"), putting(2, project("q"), "b"),
                     putting(3, project("p"), "c"), removing(4, project("q"))}));
  CHECK(reason_in(map, project("p")) == "c");
  CHECK(reason_in(map, project("q")).empty());
  CHECK(map.position() == Position{4, "id-4"});
  CHECK(map.find({}).value().revision == 4);
  CHECK(map.size() == 1);
  CHECK(map.size_of_project("p") == 1);
}

TEST_CASE("Changes that the map contains are skipped") {
  PolicyMap map;
  REQUIRE(map.apply({putting(1, project("p"), "a"), putting(2, project("p"), "b")}));
  CHECK(map.apply({putting(1, project("p"), "stale")}));
  CHECK(reason_in(map, project("p")) == "b");
  CHECK(map.apply({putting(2, project("p"), "stale"), putting(3, project("p"), "c")}));
  CHECK(reason_in(map, project("p")) == "c");
  CHECK(map.position() == Position{3, "id-3"});
  CHECK(map.apply({}));
}

TEST_CASE("At a gap the changes before it are applied and those after it are not") {
  PolicyMap map;
  CHECK_FALSE(map.apply({putting(1, project("p"), "a"), putting(3, project("p"), "c")}));
  CHECK(reason_in(map, project("p")) == "a");
  CHECK(map.position() == Position{1, "id-1"});
  CHECK_FALSE(map.apply({putting(3, project("p"), "c")}));
  CHECK(map.apply({putting(2, project("p"), "b")}));
}

TEST_CASE("A map that is replaced has the new policies and the new position only") {
  PolicyMap map;
  REQUIRE(map.apply({putting(1, project("p"), "a"), putting(2, project("q"), "b")}));
  PolicyTable table;
  table.set(user("u"), std::make_shared<const Policy>(says("new")));
  map.replace(std::move(table), {1, "other"});
  CHECK(reason_in(map, project("p")).empty());
  CHECK(reason_in(map, user("u")) == "new");
  CHECK(map.position() == Position{1, "other"});
  CHECK(map.size() == 1);
  Position position;
  CHECK(map.all(position).size() == 1);
  CHECK(position == Position{1, "other"});
}

TEST_CASE("A policy that cannot be read fails the resolutions that need it only") {
  PolicyMap map;
  PolicyChange unreadable = putting(2, project("bad"), "");
  unreadable.policy = nullptr;
  REQUIRE(map.apply({putting(1, project("good"), "a"), unreadable}));
  const Result<InForce> found = map.find({cloud(), project("bad")});
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().code == ErrorCode::internal);
  CHECK_THAT(found.error().internal, Contains("scope 'project', owner_id 'bad'"));
  CHECK_THAT(found.error().message, !Contains("bad"));
  CHECK(reason_in(map, project("good")) == "a");
  REQUIRE(map.apply({putting(3, project("bad"), "repaired")}));
  CHECK(reason_in(map, project("bad")) == "repaired");
}
