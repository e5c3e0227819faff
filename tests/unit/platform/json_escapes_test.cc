// SPDX-License-Identifier: Apache-2.0
#include "service/platform/json_escapes.h"

#include <catch2/catch.hpp>

using console_policy::platform::surrogates_are_paired;

TEST_CASE("escapes that stand alone, and pairs, are good") {
  for (const char* text : {"", "{}", R"("\u00fc")", R"("\ud83d\ude00")", R"("\uD83D\uDE00\n\"\\")",
                           R"("\\ud800")", R"("\ue000\ud7ff")", R"("\u12)", "\\"}) {
    INFO(text);
    CHECK(surrogates_are_paired(text));
  }
}

TEST_CASE("half of a pair is not") {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud83d\uade0")", R"("\ud83dx\ude00")",
                           R"("\ud83d\ud83d\ude00")", R"("\ud83d\n")", R"("\\\udfff")",
                           R"("\ud83d\ude00\ude00")", R"("\uDBFF\)", R"("\udbff)"}) {
    INFO(text);
    CHECK_FALSE(surrogates_are_paired(text));
  }
}
