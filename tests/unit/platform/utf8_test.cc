// SPDX-License-Identifier: Apache-2.0
#include "service/platform/utf8.h"

#include <catch2/catch.hpp>

using namespace console_policy::platform;

TEST_CASE("Well-formed UTF-8 is told from the rest") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("\xc3\xbc \xe2\x82\xac \xf0\x9f\x96\xa5"));
  CHECK_FALSE(is_utf8("\xff"));
  CHECK_FALSE(is_utf8("\xc3"));              // cut short
  CHECK_FALSE(is_utf8("\xc0\xaf"));          // overlong
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));      // a surrogate
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));  // above U+10FFFF
}
