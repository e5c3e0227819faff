// SPDX-License-Identifier: Apache-2.0
#include "service/api/api_version.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::api;

namespace {

Status asked(const std::string& text) {
  return check_api_version({{"openstack-api-version", text}});
}

}  // namespace

TEST_CASE("A request that asks for no version of this service gets the lowest") {
  CHECK(check_api_version({}).ok());
  for (const std::string text : {"", ",", "compute 2.93", "compute", "compute 2.93, placement x"}) {
    INFO(text);
    CHECK(asked(text).ok());
  }
}

TEST_CASE("The version that there is may be asked for by number and as the latest") {
  for (const std::string text :
       {"console-policy 1.0", "console-policy latest", " console-policy\t1.0 ,compute 2.1",
        "compute 2.1,console-policy  1.0", "Console-Policy 1.0"}) {
    INFO(text);
    CHECK(asked(text).ok());
  }
}

TEST_CASE("A version beyond the range is not acceptable") {
  for (const std::string text : {"console-policy 1.1", "console-policy 2.0", "console-policy 10.0",
                                 "console-policy 99999999999999999999.99999999999999999999"}) {
    INFO(text);
    const Status status = asked(text);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == ErrorCode::not_acceptable);
  }
}

TEST_CASE("A value that is no version is refused, with the header's name") {
  for (const std::string text :
       {"console-policy", "console-policy 1", "console-policy 1.", "console-policy .0",
        "console-policy 0.1", "console-policy 01.0", "console-policy 1.00", "console-policy v1.0",
        "console-policy 1.0 1.0", "console-policy -1.0", "console-policy LATEST",
        "console-policy 1.0, console-policy 1.0"}) {
    INFO(text);
    const Status status = asked(text);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == ErrorCode::invalid_request);
    CHECK(status.error().message.rfind("OpenStack-API-Version: ", 0) == 0);
  }
  CHECK_FALSE(check_api_version({{"OpenStack-API-Version", "console-policy 1.0"},
                                 {"OpenStack-API-Version", "console-policy 1.0"}})
                  .ok());
}
