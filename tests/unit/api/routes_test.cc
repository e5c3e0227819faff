// SPDX-License-Identifier: Apache-2.0
#include "service/api/routes.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

using namespace console_policy::api;

TEST_CASE(
    "Routes that write policies are the PUT and DELETE of the scopes, the batch and the restore") {
  int count = 0;
  for (const Route& route : routes()) {
    INFO(route.method << " " << route.path);
    if (!writes_policies(route)) continue;
    ++count;
    CHECK(route.runs == Runs::on_worker);
    CHECK(class_of(route) == "write");
  }
  CHECK(count == 12);
}

TEST_CASE("Every route belongs to a class; lists are those with pages") {
  std::set<std::string> lists;
  for (const Route& route : routes()) {
    if (class_of(route) == "list") lists.emplace(route.path);
    if (class_of(route) == "resolution") CHECK(route.runs == Runs::on_io_thread);
    if (class_of(route) == "report") CHECK(route.runs == Runs::on_io_thread);
  }
  CHECK(lists == std::set<std::string>{"/v1/policies", "/v1/policies/preview", "/v1/availability",
                                       "/v1/availability/summary", "/v1/changes"});
}
