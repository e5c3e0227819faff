// SPDX-License-Identifier: Apache-2.0
#include "service/api/query.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::api;

TEST_CASE("A target is split into path and query, and a path into segments") {
  CHECK(split_target("/a?b=c?d").path == "/a");
  CHECK(split_target("/a?b=c?d").query == "b=c?d");
  CHECK(split_target("/a").query.empty());
  using Segments = std::vector<std::string_view>;
  CHECK(split_path("/") == Segments{});
  CHECK(split_path("/v1/policies") == Segments{"v1", "policies"});
  CHECK(split_path("/v1/") == Segments{"v1", ""});
  CHECK(split_path("//v1") == Segments{"", "v1"});
}

TEST_CASE("Escapes are decoded once, and bad ones are refused") {
  CHECK(percent_decode("a%2Fb%20c").value() == "a/b c");
  CHECK(percent_decode("%2541").value() == "%41");
  CHECK(percent_decode("Z%C3%BCrich").value() == "Zürich");
  for (const char* text : {"%", "%4", "%zz", "%4g", "a%00b", "%0a", "%7f", "%ff", "%c0%af"}) {
    CAPTURE(text);
    CHECK_FALSE(percent_decode(text).ok());
  }
}

TEST_CASE("An encoded text is decoded to the original") {
  const std::string text = "projects/P-1_x.~/ä &=?%+";
  CHECK(percent_decode(percent_encode(text)).value() == text);
  CHECK(percent_encode("a/b") == "a%2Fb");
}

TEST_CASE("Known parameters are read, others and repeated ones refused by name") {
  const Result<Query> query =
      parse_query("limit=5&marker=projects%2Fp1&scope=a+b", "scope limit marker");
  REQUIRE(query.ok());
  CHECK(query.value().at("limit") == "5");
  CHECK(query.value().at("marker") == "projects/p1");
  CHECK(query.value().at("scope") == "a b");
  CHECK(parse_query("", "limit").value().empty());
  CHECK(parse_query("limit", "limit").value().at("limit").empty());

  CHECK(parse_query("offset=1", "limit marker").error().message ==
        "offset: unknown query parameter; known here: limit marker");
  CHECK(parse_query("x=1", "").error().message == "x: unknown query parameter; known here: none");
  CHECK(parse_query("limit=1&limit=2", "limit").error().message ==
        "limit: the query parameter is given twice");
  CHECK(parse_query("limit=%zz", "limit").error().message == "limit: a bad percent-escape");
  CHECK_FALSE(parse_query("&", "limit").ok());
  CHECK_FALSE(parse_query("=1", "limit").ok());
  CHECK_FALSE(parse_query("Limit=1", "limit").ok());
}
