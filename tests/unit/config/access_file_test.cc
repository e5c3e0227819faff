// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "service/config/load.h"

namespace console_policy::config {
namespace {

std::string refused(const std::string& text) {
  const Result<AccessRules> rules = parse_access("access.yaml", text);
  return rules.ok() ? "" : rules.error().message;
}

}  // namespace

TEST_CASE("an access file is rules by name") {
  const Result<AccessRules> rules = parse_access(
      "access.yaml",
      "# comment\nadmin: role:admin\n\"p:show\": rule:admin or project_id:%(project_id)s\n"
      "anybody: '@'\nempty: \"\"\nfolded: >\n  role:a\n  or role:b\n");
  REQUIRE(rules.ok());
  CHECK(rules.value().names() ==
        std::vector<std::string>{"admin", "anybody", "empty", "folded", "p:show"});
  Credentials caller;
  caller.attributes = {{"project_id", "P"}};
  CHECK(rules.value().allows("p:show", caller, {{"project_id", "P"}}));
  CHECK(!rules.value().allows("p:show", caller, {{"project_id", "Q"}}));
  CHECK(rules.value().allows("anybody", caller, {}));
  CHECK(!rules.value().allows("folded", caller, {}));
  caller.roles = {"b"};
  CHECK(rules.value().allows("folded", caller, {}));
}

TEST_CASE("a bad rule is refused with file, line and column") {
  const std::string message = refused("admin: role:admin\n\nbad: role:admin or\n");
  CHECK(message.rfind("access.yaml:3:6: rule 'bad': ", 0) == 0);
  CHECK(refused("\na: rule:nope\n").rfind("access.yaml:2:4: rule 'a': ", 0) == 0);
  CHECK(refused("\na: rule:nope\n").find("'nope' is not defined") != std::string::npos);
}

TEST_CASE("an access file of another shape is refused with line and column") {
  CHECK(refused("") == "access.yaml:1:1: expected a mapping, found nothing");
  CHECK(refused("{}\n") == "access.yaml:1:1: expected 1 to 1000 rules");
  CHECK(refused("- role:admin\n") == "access.yaml:1:1: expected a mapping, found a list");
  CHECK(refused("a: role:x\na: role:y\n") == "access.yaml:2:1: a: is given twice");
  CHECK(refused("a:\n") == "access.yaml:1:1: a: expected text, found nothing");
  CHECK(refused("a: [[role:x]]\n") == "access.yaml:1:4: a: expected text, found a list");
  CHECK(refused("a: true\n") ==
        "access.yaml:1:4: a: expected text (put it in quotes), found a truth value");
  CHECK(refused("a: !\n") ==
        "access.yaml:1:4: a: expected text, found a tag (put text that begins with '!' in quotes)");
  CHECK(refused("a: @\n") == "access.yaml:1:4: not YAML: unknown token");
  CHECK(refused("a: \"\\0\"\n") == "access.yaml:1:4: a: holds a control character");
  CHECK(refused("\"\": role:x\n") ==
        "access.yaml:1:5: the name of a rule has 1 to 64 bytes and no control characters");
  CHECK(refused("\"a\\nb\": role:x\n") ==
        "access.yaml:1:9: a?b: the name of a rule has 1 to 64 bytes and no control characters");
}

TEST_CASE("more rules than the bound are refused") {
  std::string text;
  for (std::size_t i = 0; i < max_access_rules; ++i) text += "r" + std::to_string(i) + ": role:x\n";
  CHECK(refused(text) == "");
  CHECK(refused(text + "more: role:x\n") == "access.yaml:1:1: expected 1 to 1000 rules");
}

TEST_CASE("an operator's rules go over the shipped ones of the same name and leave the others") {
  const NamedText shipped{"access.yaml",
                          "admin: role:admin\n\"a:show\": rule:admin\n\"a:write\": rule:admin\n"};
  const auto over = [&](const std::string& text) {
    return parse_access(shipped, {"own.yaml", text});
  };
  Credentials ops;
  ops.roles = {"ops"};
  for (const char* text : {"", "# nothing differs\n", "{}\n"}) {
    INFO(text);
    REQUIRE(over(text).ok());
    CHECK(!over(text).value().allows("a:write", ops, {}));
  }
  const Result<AccessRules> one = over("ops: role:ops\n\"a:write\": rule:ops\n");
  REQUIRE(one.ok());
  CHECK(one.value().allows("a:write", ops, {}));
  CHECK(!one.value().allows("a:show", ops, {}));
  CHECK(over("admin: role:ops\n").value().allows("a:show", ops, {}));
  CHECK(over("\n\"a:wrte\": rule:ops\n").error().message ==
        "own.yaml:2:11: rule 'a:wrte': guards no operation");
  CHECK(over("\"a:write\": rule:nope\n")
            .error()
            .message.rfind("own.yaml:1:12: rule 'a:write': ", 0) == 0);
  CHECK(!over("\"a:write\": \"@\"\n\"a:write\": \"!\"\n").ok());
  CHECK(!over("- a\n").ok());
}

}  // namespace console_policy::config
