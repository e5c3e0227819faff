// SPDX-License-Identifier: Apache-2.0
#include "service/api/accept.h"

#include <catch2/catch.hpp>
#include <string>

using console_policy::api::prefers;

namespace {

bool wants_json(const std::string& accept) {
  return prefers(accept, "application/json", "text/plain");
}

}  // namespace

TEST_CASE("JSON is preferred where the header gives it more weight than text") {
  for (const std::string accept :
       {"application/json", "Application/JSON;charset=utf-8", "application/*",
        "text/plain;q=0.5, application/json", "text/plain; q=0.9 , application/json;q=0.91",
        "*/*;q=0.1,application/json", "text/html,application/json;q=0.001", "text/*;q=0,*/*"}) {
    INFO(accept);
    CHECK(wants_json(accept));
  }
}

TEST_CASE("Otherwise it is not, also where the header is not understood") {
  for (const std::string accept :
       {"", "*/*", "text/plain", "text/html", "text/plain, application/json",
        "application/json;q=0", "application/json;q=2", "application/json;q=0.5, text/plain",
        "application/json;q=,*/*", "application/json;q=1.5", "application/json;q=0.0001",
        "application/jsonp", "application", ",;,;q", "application/json;q=x"}) {
    INFO(accept);
    CHECK_FALSE(wants_json(accept));
  }
}
