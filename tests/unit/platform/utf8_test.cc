// SPDX-License-Identifier: Apache-2.0
#include "service/platform/utf8.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace console_policy::platform;

TEST_CASE("Well-formed UTF-8 is recognized") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain"));
  CHECK(is_utf8("\xc3\xbc \xe2\x82\xac \xf0\x9f\x96\xa5"));
  CHECK_FALSE(is_utf8("\xff"));
  CHECK_FALSE(is_utf8("\xc3"));              // cut short
  CHECK_FALSE(is_utf8("\xc0\xaf"));          // overlong
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));      // a surrogate
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));  // above U+10FFFF
}

TEST_CASE("The beginning of a text cuts no character in two") {
  CHECK(beginning("", 3).empty());
  CHECK(beginning("plain", 0).empty());
  CHECK(beginning("plain", 3) == "pla");
  CHECK(beginning("plain", 5) == "plain");
  CHECK(beginning("plain", 6) == "plain");
  const std::string text = "a\xc3\xbc\xe2\x82\xac\xf0\x9f\x96\xa5z";  // 1, 2, 3, 4 and 1 bytes
  const std::vector<std::size_t> ends{0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (std::size_t bytes = 0; bytes < ends.size(); ++bytes) {
    CAPTURE(bytes);
    CHECK(beginning(text, bytes) == text.substr(0, ends[bytes]));
  }
  // Total also where there is no UTF-8.
  CHECK(beginning("\x80\x80\x80", 2).empty());
}
