// SPDX-License-Identifier: Apache-2.0
#include "service/store/store_url.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::store;
using Catch::Matchers::Contains;

TEST_CASE("A store URL with four slashes names an absolute path") {
  const Result<SqliteUrl> url = parse_store_url("sqlite:////var/lib/console-policy/policy.db");
  REQUIRE(url.ok());
  CHECK(url.value().path == "/var/lib/console-policy/policy.db");
}

TEST_CASE("A store URL with three slashes names a relative path") {
  const Result<SqliteUrl> url = parse_store_url("sqlite:///data/policy.db");
  REQUIRE(url.ok());
  CHECK(url.value().path == "data/policy.db");
}

TEST_CASE("Blanks, equals signs and percent signs in a store URL are part of the path") {
  const Result<SqliteUrl> url = parse_store_url("sqlite:////a b/c=d/50%25.db");
  REQUIRE(url.ok());
  CHECK(url.value().path == "/a b/c=d/50%25.db");
}

TEST_CASE("A MySQL URL is refused by this release and its password is not repeated") {
  for (const char* text : {"mysql://root:hunter2@vip/console_policy",
                           "mysql+pymysql://root:hunter2@vip/console_policy",
                           "mariadb://root:hunter2@vip/console_policy"}) {
    const Result<SqliteUrl> url = parse_store_url(text);
    REQUIRE_FALSE(url.ok());
    CHECK(url.error().code == ErrorCode::invalid_request);
    CHECK_THAT(url.error().message, Contains("not supported by this release"));
    CHECK_THAT(url.error().message + url.error().internal, !Contains("hunter2"));
  }
}

TEST_CASE("A store URL that is not understood is refused with an example") {
  for (const char* text : {"", "policy.db", "/var/lib/policy.db", "sqlite:", "sqlite://",
                           "sqlite://host/policy.db", "SQLITE:///x", "postgresql://u:p@h/d"}) {
    INFO(text);
    const Result<SqliteUrl> url = parse_store_url(text);
    REQUIRE_FALSE(url.ok());
    CHECK(url.error().code == ErrorCode::invalid_request);
    CHECK_THAT(url.error().message, Contains("sqlite:///"));
  }
}

TEST_CASE("A database in memory is refused because it would forget every policy") {
  for (const char* text : {"sqlite:///", "sqlite:///:memory:"}) {
    const Result<SqliteUrl> url = parse_store_url(text);
    REQUIRE_FALSE(url.ok());
    CHECK_THAT(url.error().message, Contains("in memory"));
  }
}

TEST_CASE("Options, quotes and control characters in a store URL are refused") {
  for (const char* text :
       {"sqlite:////a.db?mode=ro", "sqlite:////a\".db", "sqlite:////a\n.db", "sqlite:////a\x7f"}) {
    INFO(text);
    CHECK_FALSE(parse_store_url(text).ok());
  }
}
