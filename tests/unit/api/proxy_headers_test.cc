// SPDX-License-Identifier: Apache-2.0
#include "service/api/proxy_headers.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::api;

namespace {

std::string address(const std::string& name, const std::string& text) {
  return forwarded_of({{name, text}}).client_address;
}

std::string prefix(const std::string& text) {
  return forwarded_of({{"X-Forwarded-Prefix", text}}).prefix;
}

}  // namespace

TEST_CASE("Nothing is known of a request that no proxy says anything of") {
  const Forwarded nothing = forwarded_of({{"X-Auth-Token", "t"}});
  CHECK(nothing.client_address.empty());
  CHECK(nothing.prefix.empty());
}

TEST_CASE("The client is the address that the nearest proxy saw, not what a client claims") {
  CHECK(address("X-Forwarded-For", "192.0.2.7") == "192.0.2.7");
  CHECK(address("x-forwarded-for", "10.0.0.1, 192.0.2.7") == "192.0.2.7");
  CHECK(address("X-Forwarded-For", "2001:db8::1") == "2001:db8::1");
  CHECK(address("X-Forwarded-For", "192.0.2.7:4711") == "192.0.2.7");
  CHECK(address("Forwarded", "for=192.0.2.7") == "192.0.2.7");
  CHECK(address("Forwarded", "for=10.0.0.1, proto=https; For=\"[2001:db8::1]:4711\";by=x") ==
        "2001:db8::1");
  CHECK(forwarded_of({{"X-Forwarded-For", "10.0.0.1"}, {"X-Forwarded-For", "192.0.2.7"}})
            .client_address == "192.0.2.7");
  CHECK(forwarded_of({{"Forwarded", "for=192.0.2.7"}, {"X-Forwarded-For", "10.0.0.1"}})
            .client_address == "192.0.2.7");
}

TEST_CASE("What is not an address is as if it were not there") {
  for (const std::string text : {"", "unknown", "_hidden", "192.0.2", "192.0.2.7,", "[", "[]", "\"",
                                 "\"\"", "1.2.3.4.5", "host.example", "192.0.2.7\", \"x"}) {
    INFO(text);
    CHECK(address("X-Forwarded-For", text).empty());
    CHECK(address("Forwarded", "for=" + text).empty());
  }
  CHECK(address("Forwarded", "proto=https").empty());
}

TEST_CASE("A prefix is a path without a slash at its end, or nothing") {
  CHECK(prefix("/console-policy") == "/console-policy");
  CHECK(prefix("/a/b/") == "/a/b");
  for (const std::string text : {"", "/", "console-policy", "//evil.example", "/a//b", "/a?b",
                                 "/a#b", "/a b", "/a%2fb", "https://evil.example/a"}) {
    INFO(text);
    CHECK(prefix(text).empty());
  }
  CHECK(prefix("/" + std::string(300, 'a')).empty());
}
