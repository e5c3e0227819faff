// SPDX-License-Identifier: Apache-2.0
#include "service/api/router.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::api;

namespace {

Result<Match> find_route(std::string_view method, std::string_view path) {
  std::string allow;
  return api::find_route(method, path, allow);
}

}  // namespace

TEST_CASE("A path leads to its route with its ids by name") {
  const Result<Match> match = find_route("PUT", "/v1/policies/projects/p%2D1/instances/i1");
  REQUIRE(match.ok());
  CHECK(match.value().route->rule == "instance_policy:write");
  CHECK(match.value().path.at("project_id") == "p-1");
  CHECK(match.value().path.at("instance_id") == "i1");
}

TEST_CASE("HEAD goes where GET goes") {
  REQUIRE(find_route("HEAD", "/").ok());
  CHECK(find_route("HEAD", "/").value().route->method == "GET");
}

TEST_CASE("A method that a resource does not have differs from a path that does not exist") {
  std::string allow;
  const Result<Match> match = api::find_route("POST", "/v1/policies/cloud", allow);
  REQUIRE_FALSE(match.ok());
  CHECK(match.error().code == ErrorCode::method_not_allowed);
  CHECK(allow == "GET, HEAD, PUT, DELETE");
  CHECK(find_route("get", "/").error().code == ErrorCode::method_not_allowed);
}

TEST_CASE("Nothing is found at a path that is not in the table") {
  for (const char* path :
       {"/v2", "/v1//", "/v2/", "/v1/policies/", "//v1/policies", "/v1//policies", "*", "",
        "v1/policies", "/v1/policies/projects", "/v1/policies/projects/p/x",
        "/v1/policies/../policies/cloud", "/V1/policies", "/%76%31/policies"}) {
    CAPTURE(path);
    REQUIRE_FALSE(find_route("GET", path).ok());
    CHECK(find_route("GET", path).error().code == ErrorCode::not_found);
  }
}

TEST_CASE("A segment that cannot be decoded is named") {
  const Result<Match> match = find_route("GET", "/v1/policies/projects/a%00b");
  REQUIRE_FALSE(match.ok());
  CHECK(match.error().code == ErrorCode::invalid_request);
  CHECK(match.error().message == "project_id: a control character");
}
