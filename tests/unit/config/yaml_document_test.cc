// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_document.h"

#include <catch2/catch.hpp>
#include <string>

namespace console_policy::config {
namespace {

std::string refused(const std::string& text) {
  const Result<Document> document = parse_yaml("F", text);
  return document.ok() ? "" : document.error().message;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace

TEST_CASE("a document becomes a tree with the place of every key and value") {
  const Result<Document> document = parse_yaml("F", "a: 1\r\nb: ['x', {c: y}]\r\n");
  REQUIRE(document.ok());
  const Node& root = document.value().root;
  REQUIRE(root.kind == NodeKind::mapping);
  REQUIRE(root.members.size() == 2);
  CHECK(root.members[0].key == "a");
  CHECK(root.members[0].value.kind == NodeKind::plain);
  CHECK(root.members[0].value.text == "1");
  CHECK(root.members[0].value.offset == 3);
  const Node& list = root.members[1].value;
  REQUIRE(list.kind == NodeKind::list);
  REQUIRE(list.items.size() == 2);
  CHECK(list.items[0].kind == NodeKind::quoted);
  CHECK(list.items[0].text == "x");
  REQUIRE(list.items[1].kind == NodeKind::mapping);
  CHECK(list.items[1].members[0].value.text == "y");
}

TEST_CASE("an empty text and one of comments are a document of nothing") {
  for (const char* text :
       {"", "\n", "# only a comment\n", "---\n", "--- \n...\n", "\xEF\xBB\xBF"}) {
    const Result<Document> document = parse_yaml("F", text);
    REQUIRE(document.ok());
    CHECK(document.value().root.kind == NodeKind::nothing);
  }
}

TEST_CASE("a byte order mark does not move the columns") {
  CHECK(refused("\xEF\xBB\xBF"
                "a: *x\n") == "F:1:4: not YAML: the referenced anchor is not defined");
}

TEST_CASE("columns count characters and not bytes") {
  CHECK(refused("\xC3\xA9\xC3\xA9: &x 1\n") ==
        "F:1:5: anchors are not accepted; write the value out");
}

TEST_CASE("a value that is not there stands at its key") {
  const Result<Document> document = parse_yaml("F", "a:\nnull_b: 1\n");
  REQUIRE(document.ok());
  CHECK(document.value().root.members[0].value.kind == NodeKind::nothing);
  CHECK(document.value().root.members[0].value.offset == 0);
}

TEST_CASE("anchors are refused wherever they stand") {
  const std::string why = "anchors are not accepted; write the value out";
  CHECK(refused("a: &x 1\nb: *x\n") == "F:1:4: " + why);
  CHECK(refused("a: &x\n  b: 1\n") == "F:1:4: " + why);
  CHECK(refused("a:\n  - &x [1]\n") == "F:2:5: " + why);
  CHECK(refused("&x a: 1\n") == "F:1:1: " + why);
  CHECK(refused("a: &x\nb: 1\n") == "F:1:4: " + why);
}

TEST_CASE("aliases are refused before they can be followed") {
  CHECK(refused("a: *x\n") == "F:1:4: not YAML: the referenced anchor is not defined");
  // Ten levels of ten aliases each, and a node that holds itself.
  std::string bomb = "l0: &l0 [x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*l" + std::to_string(i - 1) + ", ";
    bomb +=
        "l" + std::to_string(i) + ": &l" + std::to_string(i) + " [" + repeated(before, 10) + "]\n";
  }
  CHECK(refused(bomb) == "F:1:5: anchors are not accepted; write the value out");
  CHECK(refused("a: &a [*a]\n") == "F:1:4: anchors are not accepted; write the value out");
}

TEST_CASE("tags are refused") {
  const std::string why = "tags are not accepted; put text that begins with '!' in quotes";
  CHECK(refused("a: !!int 5\n") == "F:1:4: " + why);
  CHECK(refused("a: ! 5\n") == "F:1:4: " + why);
  CHECK(refused("a: !\n") == "F:1:4: " + why);
  CHECK(refused("a: !x [1]\n") == "F:1:4: " + why);
  CHECK(refused("!k a: 1\n") == "F:1:1: " + why);
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

TEST_CASE("what is not YAML is refused with its place") {
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
  CHECK(refused("a: 'x\n") == "F:1:4: not YAML: a quote that is not closed");
  CHECK(refused("a: \"x\n") == "F:1:4: not YAML: a quote that is not closed");
  CHECK(refused("a: 'it''s\n") == "F:1:4: not YAML: a quote that is not closed");
  CHECK(refused("a: \"x\\\"\n") == "F:1:4: not YAML: a quote that is not closed");
  CHECK(refused("a: 'it''s'\n") == "");
  CHECK(refused("a: ''\n") == "");
  CHECK(refused("a: \"x\\\"\"\n") == "");
}

TEST_CASE("nesting up to the bound is read and one level more is refused") {
  const auto nested = [](std::size_t levels) {
    return repeated("[", levels) + repeated("]", levels);
  };
  CHECK(refused(nested(max_yaml_depth)) == "");
  CHECK(refused(nested(max_yaml_depth + 1)) == "F:1:17: nested deeper than 16 levels");
  CHECK(refused(nested(400)) == "F:1:17: nested deeper than 16 levels");
  // Of brackets that are never closed the parser makes keys as well, so the column says less.
  for (const std::string& open : {repeated("[", 100'000), repeated("{a: ", 5000)}) {
    CHECK(refused(open).find(": nested deeper than 16 levels") != std::string::npos);
  }
}

TEST_CASE("values up to the bound are read and one more is refused") {
  // The list itself is a value too.
  CHECK(refused("[" + repeated("x,", max_yaml_nodes - 1) + "]") == "");
  CHECK(refused("[" + repeated("x,", max_yaml_nodes) + "]") ==
        "F:1:" + std::to_string(2 * max_yaml_nodes) + ": more than 50000 values");
}

}  // namespace console_policy::config
