// SPDX-License-Identifier: Apache-2.0
#include "service/config/source_text.h"

#include <catch2/catch.hpp>

namespace console_policy::config {
namespace {

std::string fault_of(const std::string& text) {
  const std::optional<Fault> fault = find_fault(text);
  return fault ? std::to_string(fault->offset) + " " + fault->what : "";
}

}  // namespace

TEST_CASE("text in UTF-8 with spaces for indentation has no fault") {
  CHECK(fault_of("") == "");
  CHECK(fault_of("a:\n  b: \xC3\xA9\r\n  c:\t1\t# x\n") == "");
  CHECK(fault_of("\t\n  \t# only a comment\n \t") == "");
}

TEST_CASE("a tab in the indentation is a fault at its place") {
  CHECK(fault_of("a:\n\tb: 1\n") == "3 a tab in the indentation; indent with spaces");
  CHECK(fault_of("a:\n  \tb: 1\n") == "5 a tab in the indentation; indent with spaces");
}

TEST_CASE("control characters are a fault at their place") {
  CHECK(fault_of(std::string("a: b\0c", 6)) == "4 a control character");
  CHECK(fault_of("a: \x1b[1m") == "3 a control character");
  CHECK(fault_of("a: \x7f") == "3 a control character");
  CHECK(fault_of("a: 1\rb: 2") == "4 a control character");
}

TEST_CASE("bytes that are not UTF-8 are a fault at their place") {
  CHECK(fault_of("a: \xE9") == "3 not UTF-8");
  CHECK(fault_of("a: \xC3") == "3 not UTF-8");
  CHECK(fault_of("a: \xC0\xAF") == "3 not UTF-8");
  CHECK(fault_of("a: \xED\xA0\x80") == "3 not UTF-8");
  CHECK(fault_of("\xFF\xFE\x61\x01") == "0 not UTF-8");
}

TEST_CASE("a position counts lines and characters from one") {
  const std::string text = "ab\n\xC3\xA9\xC3\xA9z\n";
  CHECK(position_at(text, 0).line == 1);
  CHECK(position_at(text, 0).column == 1);
  CHECK(position_at(text, 2).column == 3);
  CHECK(position_at(text, 7).line == 2);
  CHECK(position_at(text, 7).column == 3);
  CHECK(position_at(text, 1000).line == 3);
  CHECK(position_at(text, 1000).column == 1);
}

TEST_CASE("text is shown cut at whole characters and without control characters") {
  CHECK(shown("plain") == "plain");
  CHECK(shown("a\nb\x1b") == "a?b?");
  CHECK(shown(std::string(64, 'x')) == std::string(64, 'x'));
  CHECK(shown(std::string(65, 'x')) == std::string(64, 'x') + "...");
  CHECK(shown(std::string(63, 'x') + "\xC3\xA9y") == std::string(63, 'x') + "...");
}

}  // namespace console_policy::config
