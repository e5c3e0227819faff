// SPDX-License-Identifier: Apache-2.0
#include "service/store/store_url.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::store;
using Catch::Matchers::Contains;

namespace {

std::string path_of(const std::string& text) {
  const Result<StoreUrl> url = parse_store_url(text);
  REQUIRE(url.ok());
  return std::get<SqliteUrl>(url.value()).path;
}

MysqlUrl mysql_of(const std::string& text) {
  INFO(text);
  const Result<StoreUrl> url = parse_store_url(text);
  REQUIRE(url.ok());
  return std::get<MysqlUrl>(url.value());
}

Error refusal_of(const std::string& text) {
  INFO(text);
  const Result<StoreUrl> url = parse_store_url(text);
  REQUIRE_FALSE(url.ok());
  CHECK(url.error().code == ErrorCode::invalid_request);
  return url.error();
}

}  // namespace

TEST_CASE("A store URL with four slashes names an absolute path") {
  CHECK(path_of("sqlite:////var/lib/console-policy/policy.db") ==
        "/var/lib/console-policy/policy.db");
}

TEST_CASE("A store URL with three slashes names a relative path") {
  CHECK(path_of("sqlite:///data/policy.db") == "data/policy.db");
}

TEST_CASE("Blanks, equals signs and percent signs in a store URL are part of the path") {
  CHECK(path_of("sqlite:////a b/c=d/50%25.db") == "/a b/c=d/50%25.db");
}

TEST_CASE("A mysql URL has user, host, port and database") {
  for (const char* scheme : {"mysql://", "mysql+pymysql://", "mariadb://"}) {
    const MysqlUrl url = mysql_of(std::string(scheme) + "cp-1@vip.example.org:3307/console_policy");
    CHECK(url.user == "cp-1");
    CHECK(url.host == "vip.example.org");
    CHECK(url.port == 3307);
    CHECK(url.database == "console_policy");
    CHECK((url.ssl_ca + url.ssl_cert + url.ssl_key).empty());
  }
  CHECK(mysql_of("mysql://u@10.0.0.1/d").port == 3306);
}

TEST_CASE("The options of a mysql URL name the files of TLS") {
  const MysqlUrl url = mysql_of(
      "mysql://u@h/d?charset=utf8mb4&ssl_ca=/etc/ssl/ca.pem&ssl_cert=/etc/c.pem&ssl_key=/etc/"
      "k.pem");
  CHECK(url.database == "d");
  CHECK(url.ssl_ca == "/etc/ssl/ca.pem");
  CHECK(url.ssl_cert == "/etc/c.pem");
  CHECK(url.ssl_key == "/etc/k.pem");
}

TEST_CASE("A mysql URL with a password is refused and the password is not quoted") {
  for (const char* text : {"mysql://root:hunter2@vip/console_policy",
                           "mysql+pymysql://root:hunter2@vip:3306/console_policy",
                           "mariadb://root:hunter2@vip/console_policy?ssl_ca=/x"}) {
    const Error error = refusal_of(text);
    CHECK_THAT(error.message, Contains("store.password_file"));
    CHECK_THAT(error.message + error.internal, !Contains("hunter2"));
  }
}

TEST_CASE("An incomplete or malformed mysql URL is refused with an example, without quoting it") {
  for (const char* text :
       {"mysql://", "mysql://vip/d", "mysql://@hunter2/d", "mysql://u@/d", "mysql://u@hunter2/",
        "mysql://u@hunter2", "mysql://u@hun ter2/d", "mysql://u@h;ssl=0/hunter2",
        "mysql://u'@hunter2/d", "mysql://u@hunter2/d/e"}) {
    const Error error = refusal_of(text);
    CHECK_THAT(error.message, Contains("mysql://user@host:3306/database"));
    CHECK_THAT(error.message + error.internal, !Contains("hunter2"));
  }
}

TEST_CASE("A port of a mysql URL is 1 to 65535") {
  for (const char* port : {"0", "65536", "x", "", "33 06", "-1"}) {
    refusal_of("mysql://u@h:" + std::string(port) + "/d");
  }
}

TEST_CASE("Unknown, relative or lone options of a mysql URL are refused") {
  CHECK_THAT(refusal_of("mysql://u@h/d?ssl=true").message, Contains("the options are ssl_ca"));
  CHECK_THAT(refusal_of("mysql://u@h/d?password=x").message, Contains("the options are ssl_ca"));
  CHECK_THAT(refusal_of("mysql://u@h/d?ssl_ca=ca.pem").message, Contains("absolute path"));
  CHECK_THAT(refusal_of("mysql://u@h/d?ssl_ca=").message, Contains("absolute path"));
  CHECK_THAT(refusal_of("mysql://u@h/d?ssl_ca=/a;ssl=0").message, Contains("absolute path"));
  CHECK_THAT(refusal_of("mysql://u@h/d?ssl_cert=/c&ssl_key=/k").message, Contains("need ssl_ca"));
  CHECK_THAT(refusal_of("mysql://u@h/d?ssl_ca=/a&ssl_cert=/c").message, Contains("together"));
}

TEST_CASE("A store URL that is not understood is refused with an example") {
  for (const char* text : {"", "policy.db", "/var/lib/policy.db", "sqlite:", "sqlite://",
                           "sqlite://host/policy.db", "SQLITE:///x", "postgresql://u@h/d"}) {
    CHECK_THAT(refusal_of(text).message, Contains("sqlite:///"));
  }
}

TEST_CASE("A database in memory is refused because it would forget every policy") {
  for (const char* text : {"sqlite:///", "sqlite:///:memory:"}) {
    CHECK_THAT(refusal_of(text).message, Contains("in memory"));
  }
}

TEST_CASE("Options, quotes and control characters in a path are refused") {
  for (const char* text :
       {"sqlite:////a.db?mode=ro", "sqlite:////a\".db", "sqlite:////a\n.db", "sqlite:////a\x7f"}) {
    refusal_of(text);
  }
}
