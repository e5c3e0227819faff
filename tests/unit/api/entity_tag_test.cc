// SPDX-License-Identifier: Apache-2.0
#include "service/api/entity_tag.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::api;

namespace {

Preconditions if_match(const std::string& text) {
  return preconditions_of({{"If-Match", text}}).value();
}

Preconditions if_none_match(const std::string& text) {
  return preconditions_of({{"If-None-Match", text}}).value();
}

}  // namespace

TEST_CASE("A request without conditions goes on") {
  const Preconditions none = preconditions_of({{"X-Auth-Token", "t"}}).value();
  CHECK(if_match_holds(none, std::nullopt));
  CHECK(if_none_match_holds(none, "\"7\""));
}

TEST_CASE("If-Match compares strongly and fails where nothing is") {
  CHECK(if_match_holds(if_match("\"7\""), "\"7\""));
  CHECK(if_match_holds(if_match(" \"1\",\t\"7\" , \"9\""), "\"7\""));
  CHECK(if_match_holds(if_match("*"), "\"7\""));
  CHECK_FALSE(if_match_holds(if_match("\"8\""), "\"7\""));
  CHECK_FALSE(if_match_holds(if_match("W/\"7\""), "\"7\""));
  CHECK_FALSE(if_match_holds(if_match("\"77\""), "\"7\""));
  CHECK_FALSE(if_match_holds(if_match("*"), std::nullopt));
  CHECK_FALSE(if_match_holds(if_match("\"7\""), std::nullopt));
}

TEST_CASE("If-None-Match compares weakly and holds where nothing is") {
  CHECK_FALSE(if_none_match_holds(if_none_match("\"7\""), "\"7\""));
  CHECK_FALSE(if_none_match_holds(if_none_match("\"1\", W/\"7\""), "\"7\""));
  CHECK_FALSE(if_none_match_holds(if_none_match("*"), "\"7\""));
  CHECK(if_none_match_holds(if_none_match("\"8\""), "\"7\""));
  CHECK(if_none_match_holds(if_none_match("*"), std::nullopt));
}

TEST_CASE("A list may have empty elements, and a comma within a tag") {
  const Preconditions conditions = if_match(",, \"a,b\" ,");
  REQUIRE(conditions.if_match->tags.size() == 1);
  CHECK(conditions.if_match->tags[0].opaque == "\"a,b\"");
}

TEST_CASE("Several lines of one header are one list") {
  const Preconditions conditions =
      preconditions_of({{"If-Match", "\"1\""}, {"if-match", "\"2\""}}).value();
  CHECK(if_match_holds(conditions, "\"1\""));
  CHECK(if_match_holds(conditions, "\"2\""));
}

TEST_CASE("What is not * or a list of tags is refused, with the header's name") {
  for (const std::string text :
       {"", " ", ",", "7", "\"7", "7\"", "\"7\" \"8\"", "*, \"7\"", "\"7\", *", "w/\"7\"",
        "W/ \"7\"", "W/7", "**", "\"a b\"", "\"a\x7f\"", "\"7\";x"}) {
    INFO(text);
    const Result<Preconditions> match = preconditions_of({{"If-Match", text}});
    REQUIRE_FALSE(match.ok());
    CHECK(match.error().code == ErrorCode::invalid_request);
    CHECK(match.error().message.rfind("If-Match: ", 0) == 0);
    const Result<Preconditions> none = preconditions_of({{"If-None-Match", text}});
    REQUIRE_FALSE(none.ok());
    CHECK(none.error().message.rfind("If-None-Match: ", 0) == 0);
  }
  CHECK_FALSE(preconditions_of({{"If-Match", "*"}, {"If-Match", "*"}}).ok());
}

TEST_CASE("A policy's tag is its revision, an answer's is over its bytes") {
  CHECK(tag_of(Revision{7}) == "\"7\"");
  CHECK(tag_of(std::string_view("a")) == tag_of(std::string_view("a")));
  CHECK(tag_of(std::string_view("a")) != tag_of(std::string_view("b")));
}
