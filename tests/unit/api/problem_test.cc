// SPDX-License-Identifier: Apache-2.0
#include "service/api/problem.h"

#include <catch2/catch.hpp>
#include <set>

using namespace console_policy;
using namespace console_policy::api;

TEST_CASE("Every kind of error has its status and a name of its own") {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(ErrorCode::unavailable); ++code) {
    const auto kind = static_cast<ErrorCode>(code);
    CHECK(http_status(kind) >= 400);
    CHECK(names.insert(error_name(kind)).second);
  }
  CHECK(http_status(ErrorCode::unauthenticated) == 401);
  CHECK(http_status(ErrorCode::unavailable) == 503);
}

TEST_CASE("What is internal never reaches the client") {
  const http::Response response =
      problem(Error{ErrorCode::unavailable, "try again", "disk /dev/sda is full"}, "req-1");
  CHECK(response.status == 503);
  CHECK(response.body.find("try again") != std::string::npos);
  CHECK(response.body.find("sda") == std::string::npos);
  CHECK(http::header(response.headers, "retry-after") == "1");
}
