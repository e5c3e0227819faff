// SPDX-License-Identifier: Apache-2.0
#include "service/store/observation_map.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/store/seen.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

AvailabilityBounds bounds_of(std::size_t all, std::size_t project) {
  AvailabilityBounds bounds;
  bounds.max_rows = all;
  bounds.max_rows_per_project = project;
  return bounds;
}

constexpr std::size_t many = 1000;

bool knows(const ObservationMap& map, const std::string& project_id, int number) {
  return !map.find(project_id, instance_id(number)).empty();
}

}  // namespace

TEST_CASE("An observation is found as it was learned, one for each type in the order of names") {
  ObservationMap map(bounds_of(many, many));
  CHECK_FALSE(knows(map, "p", 1));
  map.learn("p", instance_id(1), always({seen(vnc, opened)}));
  map.learn("p", instance_id(1), always({seen(spice, unavailable)}));
  map.learn("p", instance_id(1), always({seen(spice, opened, noon + day, "b1")}));
  const std::vector<SeenType> found = map.find("p", instance_id(1));
  REQUIRE(found.size() == 2);
  CHECK(found[0].type == spice);
  CHECK(found[0].status == opened);
  CHECK(found[0].fingerprint == Fingerprint{noon, "b1"});
  CHECK(found[0].seen_at == noon + day);
  CHECK(found[0].answer.status == 400);
  CHECK(found[1].type == vnc);
  CHECK_FALSE(knows(map, "q", 1));
  CHECK_FALSE(knows(map, "p", 2));
  CHECK(map.size() == 2);
}

TEST_CASE("An observation that brings nothing new is not queued for the database") {
  ObservationMap map(bounds_of(many, many));
  map.learn("p", instance_id(1), always({seen(vnc, opened)}));
  CHECK(map.pending_count() == 1);
  int asked = 0;
  map.learn("p", instance_id(1), [&asked](const std::vector<SeenType>& before) {
    ++asked;
    CHECK(before.size() == 1);
    return std::vector<SeenType>();
  });
  CHECK(asked == 1);
  CHECK(map.pending_count() == 1);
}

TEST_CASE("Beyond the bound of a project its oldest instances are evicted") {
  ObservationMap map(bounds_of(many, 10));
  map.learn("small", instance_id(1), always({seen(vnc, opened)}));
  for (int i = 0; i < 200; ++i) map.learn("large", instance_id(i), always({seen(vnc, opened)}));
  CHECK(map.size() == 11);
  CHECK(knows(map, "large", 190));
  CHECK(knows(map, "large", 199));
  CHECK_FALSE(knows(map, "large", 189));
  CHECK(knows(map, "small", 1));
}

TEST_CASE("An instance with a new observation is evicted later") {
  ObservationMap map(bounds_of(many, 4));
  for (int i = 1; i <= 3; ++i) map.learn("p", instance_id(i), always({seen(vnc, opened)}));
  map.learn("p", instance_id(1), always({seen(spice, opened)}));
  map.learn("p", instance_id(4), always({seen(vnc, opened)}));
  CHECK(map.size() == 4);
  CHECK(map.find("p", instance_id(1)).size() == 2);
  CHECK_FALSE(knows(map, "p", 2));
  CHECK(knows(map, "p", 3));
}

TEST_CASE("Instances without an observation since a time are removed") {
  ObservationMap map(bounds_of(many, many));
  map.learn("p", instance_id(1), always({seen(vnc, opened, noon - day)}));
  map.learn("p", instance_id(2),
            always({seen(vnc, opened, noon - day), seen(spice, opened, noon)}));
  map.learn("q", instance_id(3), always({seen(vnc, opened, noon - day)}));
  map.remove_before(noon);
  CHECK(map.size() == 2);
  CHECK(knows(map, "p", 2));
}

TEST_CASE("Beyond the bound of all instances those of the largest project are evicted") {
  ObservationMap map(bounds_of(20, many));
  for (int i = 0; i < 3; ++i) map.learn("small", instance_id(i), always({seen(vnc, opened)}));
  for (int i = 0; i < 100; ++i) map.learn("large", instance_id(i), always({seen(vnc, opened)}));
  CHECK(map.size() == 20);
  map.learn("small", instance_id(3), always({seen(vnc, opened)}));
  CHECK(map.size() == 20);
  for (int i = 0; i < 4; ++i) CHECK(knows(map, "small", i));
  CHECK(knows(map, "large", 99));
  CHECK_FALSE(knows(map, "large", 83));
}

TEST_CASE("Rows of the database are bounded like observations that are learned") {
  ObservationMap map(bounds_of(20, 10));
  std::vector<SeenOfInstance> rows;
  for (int i = 0; i < 100; ++i) rows.push_back(row("p", i, seen(vnc, opened)));
  map.apply(rows);
  CHECK(map.size() == 10);
  CHECK(knows(map, "p", 99));
  CHECK(map.pending_count() == 0);
}

TEST_CASE("Beyond the bound of pending observations more are dropped, counted and still known") {
  const std::size_t enough = ObservationMap::max_pending * 2;
  ObservationMap map(bounds_of(enough, enough));
  const int all = static_cast<int>(ObservationMap::max_pending) + 7;
  for (int i = 0; i < all; ++i) map.learn("p", instance_id(i), always({seen(vnc, opened)}));
  CHECK(map.pending_count() == ObservationMap::max_pending);
  CHECK(map.dropped() == 7);
  CHECK(knows(map, "p", all - 1));
  map.remove_pending(1);
  map.learn("p", instance_id(all), always({seen(vnc, opened)}));
  CHECK(map.pending_count() == ObservationMap::max_pending);
  CHECK(map.dropped() == 7);
}

TEST_CASE("Pending observations leave the queue in the order in which they were learned") {
  ObservationMap map(bounds_of(many, many));
  for (int i = 1; i <= 3; ++i) map.learn("p", instance_id(i), always({seen(vnc, opened)}));
  const std::vector<SeenOfInstance> first = map.pending(2);
  REQUIRE(first.size() == 2);
  CHECK(first[0].instance_id == instance_id(1));
  CHECK(map.pending_count() == 3);
  map.remove_pending(2);
  CHECK(map.pending(9).at(0).instance_id == instance_id(3));
  map.remove_pending(9);
  CHECK(map.pending(9).empty());
}

TEST_CASE("A row of the database replaces an older observation only") {
  ObservationMap map(bounds_of(many, many));
  map.learn("p", instance_id(1), always({seen(vnc, opened, noon)}));
  map.apply({row("p", 1, seen(vnc, unavailable, noon - day)),
             row("p", 1, seen(spice, opened, noon - day)), row("p", 2, seen(vnc, opened))});
  CHECK(map.find("p", instance_id(1)).size() == 2);
  CHECK(map.find("p", instance_id(1))[1].status == opened);
  CHECK(knows(map, "p", 2));
  map.apply(std::vector{row("p", 1, seen(vnc, unavailable, noon + day))});
  CHECK(map.find("p", instance_id(1))[1].status == unavailable);
}

TEST_CASE("An instance that the database has forgotten keeps its pending observations") {
  ObservationMap map(bounds_of(many, many));
  map.apply({row("p", 1, seen(vnc, opened)), row("p", 2, seen(vnc, opened))});
  map.learn("p", instance_id(1), always({seen(spice, opened)}));
  map.apply_forgotten({{{"p", instance_id(1)}, 7}, {{"p", instance_id(2)}, 8}}, 8);
  REQUIRE(map.find("p", instance_id(1)).size() == 1);
  CHECK(map.find("p", instance_id(1))[0].type == spice);
  CHECK_FALSE(knows(map, "p", 2));
  CHECK(map.pending_count() == 1);
  CHECK(map.size() == 1);
}

TEST_CASE("An observation after a forget stays known when the follower reads the forget") {
  ObservationMap map(bounds_of(many, many));
  map.learn("p", instance_id(1), always({seen(vnc, opened, noon - day)}));
  map.forget({"p", instance_id(1)}, 7, noon);
  map.apply(std::vector{row("p", 1, seen(vnc, opened, noon - day))});  // read before the forget
  map.learn("p", instance_id(1), always({seen(spice, opened, noon)}));
  map.remove_pending(1);  // it is written
  map.apply_forgotten({{{"p", instance_id(1)}, 7}}, 7);
  REQUIRE(map.find("p", instance_id(1)).size() == 1);
  CHECK(map.find("p", instance_id(1))[0].type == spice);
  // Another daemon forgets the instance, too.
  map.apply_forgotten({{{"p", instance_id(1)}, 8}}, 8);
  CHECK_FALSE(knows(map, "p", 1));
}

TEST_CASE("An evicted instance is listed once for its deletion from the database") {
  ObservationMap map(bounds_of(many, 2));
  for (int i = 1; i <= 3; ++i) map.learn("p", instance_id(i), always({seen(vnc, opened)}));
  const std::vector<InstanceKey> evicted = map.take_evicted();
  REQUIRE(evicted.size() == 1);
  CHECK(evicted[0].project_id == "p");
  CHECK(evicted[0].instance_id == instance_id(1));
  CHECK(map.take_evicted().empty());
}

TEST_CASE("An instance that is forgotten is neither known nor pending") {
  ObservationMap map(bounds_of(many, many));
  map.learn("p", instance_id(1), always({seen(vnc, opened), seen(spice, opened)}));
  map.learn("p", instance_id(2), always({seen(vnc, opened)}));
  for (int round = 0; round < 2; ++round) {
    map.forget({"p", instance_id(1)}, 7, noon);
    map.forget({"none", instance_id(1)}, 8, noon);
    CHECK_FALSE(knows(map, "p", 1));
    CHECK(map.size() == 1);
    REQUIRE(map.pending_count() == 1);
    CHECK(map.pending(9)[0].instance_id == instance_id(2));
  }
}
