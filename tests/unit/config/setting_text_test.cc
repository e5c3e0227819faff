// SPDX-License-Identifier: Apache-2.0
#include "service/config/setting_text.h"

#include <catch2/catch.hpp>

namespace console_policy::config {

TEST_CASE("an address is an IPv4 or IPv6 literal") {
  for (const char* text : {"127.0.0.1", "0.0.0.0", "::1", "::", "2001:db8::5", "::ffff:10.0.0.1"}) {
    INFO(text);
    CHECK(parse_address(text).ok());
  }
  for (const char* text : {"", "localhost", "[::1]", "127.0.0.1:80", "127.1", "256.0.0.1", "::1%lo",
                           " 127.0.0.1", "127.0.0.1 ", ":::"}) {
    INFO(text);
    CHECK(!parse_address(text).ok());
  }
  CHECK(!parse_address(std::string("127.0.0.1\0x", 11)).ok());
}

TEST_CASE("address and port are read as one text") {
  const Result<http::Listen> v4 = parse_listen("0.0.0.0:80");
  REQUIRE(v4.ok());
  CHECK(v4.value().address == "0.0.0.0");
  CHECK(v4.value().port == 80);
  CHECK(!v4.value().tls.has_value());

  const Result<http::Listen> v6 = parse_listen("[::1]:9797");
  REQUIRE(v6.ok());
  CHECK(v6.value().address == "::1");
  CHECK(v6.value().port == 9797);

  CHECK(parse_listen("127.0.0.1:0").value().port == 0);
  CHECK(parse_listen("127.0.0.1:65535").value().port == 65535);
}

TEST_CASE("a text other than address and port is refused") {
  for (const char* text : {"",
                           ":",
                           "9797",
                           ":9797",
                           "127.0.0.1",
                           "127.0.0.1:",
                           "127.0.0.1:65536",
                           "127.0.0.1:99999",
                           "127.0.0.1:123456",
                           "127.0.0.1:-1",
                           "127.0.0.1:+1",
                           "127.0.0.1:080",
                           "127.0.0.1:0x50",
                           "127.0.0.1: 80",
                           "127.0.0.1:80 ",
                           "::1:9797",
                           "[::1]",
                           "[::1]9797",
                           "[]:9797",
                           "[::1:9797",
                           "::1]:9797",
                           "[127.0.0.1]:9797",
                           "localhost:9797"}) {
    INFO(text);
    CHECK(!parse_listen(text).ok());
  }
}

TEST_CASE("the four log levels are read exactly") {
  CHECK(parse_log_level("debug").value() == platform::LogLevel::debug);
  CHECK(parse_log_level("info").value() == platform::LogLevel::info);
  CHECK(parse_log_level("warning").value() == platform::LogLevel::warning);
  CHECK(parse_log_level("error").value() == platform::LogLevel::error);
  for (const char* text : {"", "INFO", "warn", "trace", "info "})
    CHECK(!parse_log_level(text).ok());
}

TEST_CASE("relative paths are taken from the folder") {
  CHECK(absolute_path("/etc/x", "a/b") == "/etc/x/a/b");
  CHECK(absolute_path("/", "a") == "/a");
  CHECK(absolute_path("/etc/x", "/a") == "/a");
}

TEST_CASE("the path in a SQLite URL is made absolute and other URLs are left alone") {
  CHECK(absolute_store_url("/etc/x", "sqlite:///p.db") == "sqlite:////etc/x/p.db");
  CHECK(absolute_store_url("/etc/x", "sqlite:////var/p.db") == "sqlite:////var/p.db");
  for (const char* url :
       {"sqlite:///", "sqlite:///:memory:", "sqlite://", "mysql://u:p@vip/db", "x"}) {
    CHECK(absolute_store_url("/etc/x", url) == url);
  }
}

}  // namespace console_policy::config
