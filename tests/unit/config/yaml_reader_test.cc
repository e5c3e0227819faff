// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>

#include "service/config/load.h"

namespace console_policy::config {
namespace {

// Read as an access file: a mapping from text to text.
std::string refused(const std::string& text) {
  const Result<AccessRules> rules = parse_access({"F", "r: role:x\n"}, {"F", text});
  return rules.ok() ? "" : rules.error().message;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace

TEST_CASE("an empty text and one of comments are a document of nothing") {
  for (const char* text :
       {"", "\n", "# only a comment\n", "---\n", "--- \n...\n", "\xEF\xBB\xBF"}) {
    INFO(text);
    CHECK(refused(text).empty());
  }
}

TEST_CASE("a byte order mark does not move the columns") {
  CHECK(refused("\xEF\xBB\xBF"
                "a: *x\n") == "F:1:4: not YAML: the referenced anchor is not defined");
}

TEST_CASE("columns count characters and not bytes") {
  CHECK(refused("\xC3\xA9\xC3\xA9: &x 1\n") ==
        "F:1:5: \xC3\xA9\xC3\xA9: expected text, found an anchor or alias (write the value out)");
}

TEST_CASE("a value that is not there stands at its key") {
  CHECK(refused("a:\nb: c\n") == "F:1:1: a: expected text, found nothing");
}

TEST_CASE("anchors and aliases are refused before they can be followed") {
  const std::string why = "found an anchor or alias (write the value out)";
  CHECK(refused("a: &x 1\nb: *x\n") == "F:1:4: a: expected text, " + why);
  CHECK(refused("a: &x\n  b: 1\n") == "F:1:4: a: expected text, " + why);
  CHECK(refused("a: &x\nb: 1\n") == "F:1:4: a: expected text, " + why);
  CHECK(refused("a: &a [*a]\n") == "F:1:4: a: expected text, " + why);
  CHECK(refused("&x a: 1\n") == "F:1:1: expected a mapping, " + why);
  CHECK(refused("a: role:x\n&x b: 1\n") == "F:2:1: a key must be text");
  CHECK(refused("a: *x\n") == "F:1:4: not YAML: the referenced anchor is not defined");
  // Ten levels of ten aliases each.
  std::string bomb = "l0: &l0 [x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*l" + std::to_string(i - 1) + ", ";
    bomb +=
        "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + repeated(before, 10) + "]\n";
  }
  CHECK(refused(bomb) == "F:1:5: l0: expected text, " + why);
}

TEST_CASE("tags are refused") {
  const std::string why = "found a tag (put text that begins with '!' in quotes)";
  for (const char* text : {"a: !!int 5\n", "a: ! 5\n", "a: !\n", "a: !x [1]\n"}) {
    INFO(text);
    CHECK(refused(text) == "F:1:4: a: expected text, " + why);
  }
  CHECK(refused("!k a: 1\n") == "F:1:1: expected a mapping, " + why);
  CHECK(refused("a: role:x\n!k b: 1\n") == "F:2:1: a key must be text");
}

TEST_CASE("more than one document is refused") {
  const std::string why = "a second document, or text after the end of the first; one is read";
  CHECK(refused("a: 1\n---\nb: 2\n") == "F:3:1: " + why);
  CHECK(refused("a: 1\n...\nzzz\n") == "F:3:1: " + why);
  CHECK(refused("a: 1\n---\n") == "F:3:1: " + why);
  CHECK(refused("[a] b\n") == "F:1:5: " + why);
  CHECK(refused("- a\nb: 1\n") == "F:2:1: " + why);
}

TEST_CASE("a key that is not text is refused") {
  CHECK(refused("? [a]\n: b\n") == "F:1:3: a key must be text");
  CHECK(refused("{{a: 1}: 2}\n") == "F:1:2: a key must be text");
  CHECK(refused("~: 1\n") == "F:1:1: a key must be text");
}

TEST_CASE("a text that is no YAML is refused with its place") {
  CHECK(refused("a: b: c\n") == "F:1:5: not YAML: illegal map value");
  CHECK(refused("a: [1, 2\n") == "F:2:1: not YAML: end of sequence flow not found");
  CHECK(refused("a: {b: 1\n") == "F:2:1: not YAML: end of map flow not found");
  CHECK(refused("}\n") == "F:1:1: not YAML: illegal flow end");
  CHECK(refused("a: @x\n") == "F:1:4: not YAML: unknown token");
  CHECK(refused("a: 1\n- b\n") == "F:2:1: not YAML: end of map not found");
  CHECK(refused("a: 1\n\tb: 2\n") == "F:2:1: a tab in the indentation; indent with spaces");
  CHECK(refused("a: \xFF\n") == "F:1:4: not UTF-8");
}

TEST_CASE("a quote that is not closed is refused") {
  for (const char* text : {"a: 'x\n", "a: \"x\n", "a: 'it''s\n", "a: \"x\\\"\n"}) {
    INFO(text);
    CHECK(refused(text) == "F:1:4: a: expected text, found a quote that is not closed");
  }
  CHECK(refused("a: 'role:it''s'\n") == "");
  CHECK(refused("a: ''\n") == "");
  CHECK(refused("a: \"role:x\\\"\"\n") == "");
}

TEST_CASE("Deep nesting and aliases within aliases are refused without delay") {
  for (const std::string& open :
       {repeated("[", 100'000), repeated("{a: ", 5000), repeated("- ", 100'000),
        repeated("[", 400) + repeated("]", 400)}) {
    CHECK(refused(open).rfind("F:1:", 0) == 0);
  }
}

}  // namespace console_policy::config
