// SPDX-License-Identifier: Apache-2.0
// What only shows without Beast's grammar in front; malformed_test.cc has the rest.
#include "service/http/request_check.h"

#include <catch2/catch.hpp>

namespace console_policy::http {
namespace {

constexpr std::size_t plenty = 8192;

RequestHead head_of(std::string method, std::string target) {
  return {std::move(method), std::move(target), 1, {{"Host", "a"}}};
}

}  // namespace

TEST_CASE("A target may be as long as its bound, and no longer") {
  CHECK(check_request(head_of("GET", "/" + std::string(99, 'x')), 100).ok());
  const auto longer = check_request(head_of("GET", "/" + std::string(100, 'x')), 100);
  REQUIRE_FALSE(longer.ok());
  CHECK(longer.error().code == ErrorCode::uri_too_long);
}

TEST_CASE("A refusal names the field, and never its value") {
  RequestHead head = head_of("GET", "/");
  head.headers = {{"Host", "secret/"}};
  const auto refused = check_request(head, plenty);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message == "Host: not a host with an optional port");
}

TEST_CASE("A refusal names the byte of the target") {
  const auto refused = check_request(head_of("GET", "/ab\"c"), plenty);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message == "request target: byte 4 may not stand there (RFC 3986)");
}

TEST_CASE("Every byte but those of RFC 3986 is refused in a target") {
  const std::string allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/?";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    CAPTURE(byte);
    CHECK(check_request(head_of("GET", std::string{"/a"} + c), plenty).ok() ==
          (allowed.find(c) != std::string::npos));
  }
}

TEST_CASE("An authority is a host with an optional port") {
  for (const char* good : {"a", "a.b-c_d~", "127.0.0.1:80", "a:", "[::1]", "[::1]:8080", "%41",
                           "[::ffff:127.0.0.1]:1", "a:99999"}) {
    CAPTURE(good);
    CHECK(is_authority(good));
  }
  for (const char* bad : {"", ":80", "a:b", "a:123456", "a b", "a/b", "u@a", "[::1", "[]", "[::1]x",
                          "[::1]80", "::1", "[v1.a]", "a:1:2", "%4", "a,b:,"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_authority(bad));
  }
}

}  // namespace console_policy::http
