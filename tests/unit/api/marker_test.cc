// SPDX-License-Identifier: Apache-2.0
#include "service/api/marker.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::api;

TEST_CASE("A scope's marker is read back as the scope") {
  const ProjectId project = ProjectId::parse("p1").value();
  const InstanceId instance = InstanceId::parse("7f3c1a52-6d0e-4a5b-9a57-0d6f1c2b3e4d").value();
  for (const Scope& scope :
       {Scope::cloud(), Scope::domain(DomainId::parse("d").value()), Scope::project(project),
        Scope::user(UserId::parse("u").value()), Scope::instance(project, instance)}) {
    CAPTURE(marker_of(scope));
    const auto read = scope_marker({{"marker", marker_of(scope)}});
    REQUIRE(read.ok());
    CHECK(read.value() == scope);
  }
  CHECK_FALSE(scope_marker({}).value().has_value());
}

TEST_CASE("A marker that no page has ended with is refused") {
  for (const char* marker :
       {"", "clouds", "/cloud", "cloud/x", "domains", "domains/", "projects/..",
        "projects/p/instances", "projects/p/instances/1", "users/../x"}) {
    CAPTURE(marker);
    const auto read = scope_marker({{"marker", marker}});
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().message.find("marker: ") == 0);
  }
}

TEST_CASE("The next page keeps the parameters and replaces the marker") {
  CHECK(next_page("/v1/policies", {{"limit", "5"}, {"marker", "old"}, {"scope", "user"}},
                  "users/u") == "/v1/policies?limit=5&scope=user&marker=users%2Fu");
}
