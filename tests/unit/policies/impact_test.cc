// SPDX-License-Identifier: Apache-2.0
#include "policies/impact.h"

#include <catch2/catch.hpp>

using namespace console_policy;

namespace {

constexpr auto spice = ConsoleType::spice;
constexpr auto vnc = ConsoleType::vnc;

}  // namespace

TEST_CASE("Instances are counted by their project and first types") {
  Impact impact;
  impact.add("p", "1", {spice, vnc}, true);
  impact.add("p", "2", {vnc, vnc}, true);
  impact.add("p", "3", {vnc, spice}, true);
  impact.add("p", "4", {spice, vnc}, true);
  impact.add("q", "5", {spice, vnc}, false);
  impact.add("q", "6", {spice, std::nullopt}, false);
  impact.add("q", "7", {std::nullopt, std::nullopt}, false);
  impact.add("q", "8", {std::nullopt, spice}, false);
  CHECK(impact.instances == 8);
  CHECK(impact.domain_unknown == 4);
  CHECK(impact.other_type.instances == 5);
  REQUIRE(impact.other_type.groups.size() == 4);
  CHECK(impact.other_type.groups[0].instances == 2);
  CHECK(impact.other_type.groups[1].first == FirstTypes{vnc, spice});
  CHECK(impact.other_type.groups[2].project_id == "q");
  CHECK(impact.other_type.groups[3].first == FirstTypes{std::nullopt, spice});
  CHECK(impact.no_console.instances == 1);
  CHECK(impact.no_console.first.front().instance_id == "6");
}

TEST_CASE("Lists are bounded, and counts are not") {
  Impact impact;
  const auto count = static_cast<std::int64_t>(max_impact_groups) + 5;
  for (std::int64_t i = 0; i < count; ++i) impact.add(std::to_string(i), "x", {spice, vnc}, true);
  CHECK(impact.other_type.instances == count);
  CHECK(impact.other_type.groups.size() == max_impact_groups);
  CHECK(impact.other_type.first.size() == max_impact_instances);
}
