// SPDX-License-Identifier: Apache-2.0
#include "service/platform/random.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <regex>
#include <set>

using namespace console_policy::platform;

TEST_CASE("Identifiers have their form and do not repeat") {
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_uuid();
    CHECK(std::regex_match(id, uuid));
    CHECK(seen.insert(id).second);
  }
  CHECK(std::regex_match(random_request_id().substr(4), uuid));
  CHECK(random_request_id().substr(0, 4) == "req-");
}

TEST_CASE("An identifier of a time has version 7, and those of later times sort behind it") {
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const console_policy::Timestamp time{std::chrono::microseconds(1'645'557'742'000'000)};
  const std::string id = random_uuid(time);
  CHECK(std::regex_match(id, uuid));
  CHECK(id.substr(0, 13) == "017f22e2-79b0");  // RFC 9562, A.6
  CHECK(random_uuid(time) != id);
  CHECK(random_uuid(time + std::chrono::milliseconds(1)) > id);
}

TEST_CASE("A request id is recognized") {
  CHECK(is_request_id(random_request_id()));
  CHECK(is_request_id("req-00000000-ffff-0000-ffff-0123456789ab"));
  for (const char* text :
       {"", "req-", "00000000-ffff-0000-ffff-0123456789ab", "req-00000000ffff0000ffff0123456789ab",
        "req-00000000-ffff-0000-ffff-0123456789AB", "req-00000000-ffff-0000-ffff-0123456789abc",
        "req-00000000-ffff-0000-ffff-0123456789a", "REQ-00000000-ffff-0000-ffff-0123456789ab",
        "req-0000000g-ffff-0000-ffff-0123456789ab"}) {
    INFO(text);
    CHECK_FALSE(is_request_id(text));
  }
}

TEST_CASE("A token has 43 characters of base64url and does not repeat") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string token = random_token();
    CHECK(std::regex_match(token, std::regex("[A-Za-z0-9_-]{43}")));
    CHECK(seen.insert(token).second);
  }
}
