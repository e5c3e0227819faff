// SPDX-License-Identifier: Apache-2.0
#include "service/api/proxy_headers.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::api;

namespace {

std::string address(ProxyHeaders kind, const std::string& name, const std::string& text) {
  return forwarded_of(kind, {{name, text}}).client_address;
}

std::string prefix(const std::string& text) {
  return forwarded_of(ProxyHeaders::x_forwarded, {{"X-Forwarded-Prefix", text}}).prefix;
}

const http::Headers all_headers{{"Forwarded", "for=192.0.2.1"},
                                {"X-Forwarded-For", "192.0.2.2"},
                                {"X-Forwarded-Prefix", "/prefix"}};

}  // namespace

TEST_CASE("A request without proxy headers has no forwarded address or prefix") {
  const Forwarded nothing = forwarded_of(ProxyHeaders::x_forwarded, {{"X-Auth-Token", "t"}});
  CHECK(nothing.client_address.empty());
  CHECK(nothing.prefix.empty());
}

TEST_CASE("Only the headers that the setting names are read") {
  const Forwarded none = forwarded_of(ProxyHeaders::none, all_headers);
  CHECK(none.client_address.empty());
  CHECK(none.prefix.empty());
  const Forwarded standard = forwarded_of(ProxyHeaders::forwarded, all_headers);
  CHECK(standard.client_address == "192.0.2.1");
  CHECK(standard.prefix.empty());
  const Forwarded x_headers = forwarded_of(ProxyHeaders::x_forwarded, all_headers);
  CHECK(x_headers.client_address == "192.0.2.2");
  CHECK(x_headers.prefix == "/prefix");
}

TEST_CASE("A client cannot forge its address in a header that the proxy does not set") {
  CHECK(address(ProxyHeaders::x_forwarded, "Forwarded", "for=192.0.2.1").empty());
  CHECK(address(ProxyHeaders::forwarded, "X-Forwarded-For", "192.0.2.1").empty());
}

TEST_CASE("The last entry counts, which the nearest proxy wrote") {
  const auto x_forwarded = [](const std::string& text) {
    return address(ProxyHeaders::x_forwarded, "x-forwarded-for", text);
  };
  CHECK(x_forwarded("192.0.2.7") == "192.0.2.7");
  CHECK(x_forwarded("10.0.0.1, 192.0.2.7") == "192.0.2.7");
  CHECK(x_forwarded("2001:db8::1") == "2001:db8::1");
  CHECK(x_forwarded("192.0.2.7:4711") == "192.0.2.7");
  CHECK(address(ProxyHeaders::forwarded, "Forwarded", "for=192.0.2.7") == "192.0.2.7");
  CHECK(address(ProxyHeaders::forwarded, "Forwarded",
                "for=10.0.0.1, proto=https; For=\"[2001:db8::1]:4711\";by=x") == "2001:db8::1");
  CHECK(forwarded_of(ProxyHeaders::x_forwarded,
                     {{"X-Forwarded-For", "10.0.0.1"}, {"X-Forwarded-For", "192.0.2.7"}})
            .client_address == "192.0.2.7");
}

TEST_CASE("An entry that is not an address is ignored") {
  for (const std::string text : {"", "unknown", "_hidden", "192.0.2", "192.0.2.7,", "[", "[]", "\"",
                                 "\"\"", "1.2.3.4.5", "host.example", "192.0.2.7\", \"x"}) {
    INFO(text);
    CHECK(address(ProxyHeaders::x_forwarded, "X-Forwarded-For", text).empty());
    CHECK(address(ProxyHeaders::forwarded, "Forwarded", "for=" + text).empty());
  }
  CHECK(address(ProxyHeaders::forwarded, "Forwarded", "proto=https").empty());
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
