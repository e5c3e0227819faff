// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "policies/access.h"

namespace console_policy {
namespace {

std::string complaint(const std::vector<RuleText>& rules) {
  const Result<AccessRules> parsed = AccessRules::parse(rules);
  if (parsed.ok()) return "";
  CHECK(parsed.error().code == ErrorCode::invalid_request);
  return parsed.error().message;
}

std::string numbered(const char* word, std::size_t number) {
  return word + std::to_string(number);
}

// r1 refers to r2, r2 to r3, … and the last one to nothing.
std::vector<RuleText> chain(std::size_t length) {
  std::vector<RuleText> rules;
  for (std::size_t i = 1; i < length; ++i) {
    rules.push_back({numbered("r", i), numbered("rule:r", i + 1), numbered("f:", i)});
  }
  rules.push_back({numbered("r", length), "@", numbered("f:", length)});
  return rules;
}

TEST_CASE("A reference to a rule that is not defined is refused") {
  CHECK(complaint({{"a", "@ or rule:b", "f:1"}}) ==
        "f:1: rule 'a': column 6: rule 'b' is not defined");
  CHECK(complaint({{"a", "rule:A", "f:1"}}) == "f:1: rule 'a': column 1: rule 'A' is not defined");
  CHECK(complaint({{"a", "(not rule:%(x)s)", "f:1"}}) ==
        "f:1: rule 'a': column 6: rule '%(x)s' is not defined");
}

TEST_CASE("Rules may refer to rules that are defined later, and to one rule several times") {
  CHECK(complaint({{"a", "rule:b and rule:c", ""}, {"b", "rule:c", ""}, {"c", "@", ""}}).empty());
}

TEST_CASE("Rules that refer to each other in a cycle are refused") {
  CHECK(complaint({{"a", "rule:a", "f:1"}}) ==
        "f:1: rule 'a': column 1: refers to itself in a circle: a -> a");
  CHECK(complaint({{"a", "@ or rule:b", "f:1"}, {"b", "! and not rule:a", "f:2"}}) ==
        "f:2: rule 'b': column 11: refers to itself in a circle: a -> b -> a");
  // The way into the circle is no part of it.
  CHECK(complaint({{"in", "rule:a", "f:1"},
                   {"a", "rule:b", "f:2"},
                   {"b", "rule:c", "f:3"},
                   {"c", "(rule:a)", "f:4"}}) ==
        "f:4: rule 'c': column 2: refers to itself in a circle: a -> b -> c -> a");
}

TEST_CASE("A rule needs a name, and one only") {
  CHECK(complaint({{"", "@", "f:3"}}) == "f:3: rule '': a rule needs a name");
  CHECK(complaint({{"a", "@", "f:3"}, {"b", "@", "f:4"}, {"a", "!", "f:5"}}) ==
        "f:5: rule 'a': is defined twice, first at f:3");
  CHECK(complaint({{"a", "@", ""}, {"a", "@", ""}}) == "rule 'a': is defined twice");
}

TEST_CASE("References count into the depth") {
  const std::string too_deep = "nested deeper than 64 levels, references included";
  CHECK(complaint(chain(max_access_rule_depth + 1)).empty());
  CHECK(complaint(chain(max_access_rule_depth + 2)) == "f:65: rule 'r65': column 1: " + too_deep);
  CHECK(complaint(chain(10'000)) == "f:65: rule 'r65': column 1: " + too_deep);

  // The other way round each rule's depth is known before the next refers to it.
  std::vector<RuleText> backwards = chain(max_access_rule_depth + 2);
  std::reverse(backwards.begin(), backwards.end());
  CHECK(complaint(backwards) == "f:1: rule 'r1': column 1: " + too_deep);

  std::vector<RuleText> wrapped = chain(max_access_rule_depth);
  wrapped.push_back({"top", "(rule:r1)", "f:top"});
  CHECK(complaint(wrapped) == "f:top: rule 'top': column 2: " + too_deep);
  wrapped.back().check = "rule:r1";
  CHECK(complaint(wrapped).empty());
}

TEST_CASE("The nots and parentheses of the rule that is referred to count into the depth") {
  const std::string too_deep = "nested deeper than 64 levels, references included";
  const auto nots = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "not ";
    return text;
  };
  const auto of = [&](const std::string& top, const std::string& inner) {
    return complaint({{"top", top, "f:1"}, {"inner", inner, "f:2"}});
  };
  CHECK(of(nots(63) + "rule:inner", "@").empty());
  CHECK(of(nots(63) + "rule:inner", "not @") == "f:1: rule 'top': column 253: " + too_deep);
  CHECK(of(nots(63) + "rule:inner", nots(64) + "@") == "f:1: rule 'top': column 253: " + too_deep);
  CHECK(of("rule:inner", nots(63) + "@").empty());
  CHECK(of("rule:inner", nots(64) + "@") == "f:1: rule 'top': column 1: " + too_deep);
  CHECK(of("rule:inner", "@ or " + std::string(64, '(') + "@" + std::string(64, ')')) ==
        "f:1: rule 'top': column 1: " + too_deep);
  // Of several, the deepest.
  CHECK(of("rule:inner", "(@) or " + nots(64) + "@ or (@)") ==
        "f:1: rule 'top': column 1: " + too_deep);
  // What stands beside a reference is not below it.
  CHECK(of(nots(64) + "@ or rule:inner", nots(63) + "@").empty());
}

TEST_CASE("The work of a rule is bounded, references included") {
  // Each rule asks the next one twice: the work doubles from rule to rule.
  std::vector<RuleText> doubling{{"r0", "role:a", "f:0"}};
  for (std::size_t i = 1; i <= 60; ++i) {
    const std::string next = numbered("rule:r", i - 1);
    doubling.push_back({numbered("r", i), next + " or " + next, numbered("f:", i)});
  }
  CHECK(complaint(doubling) ==
        "f:10: rule 'r10': column 12: takes more than 1000 comparisons, references included");
  doubling.resize(10);  // r9: 512
  CHECK(complaint(doubling).empty());

  std::string most = "role:a";
  for (std::size_t i = 2; i < max_access_rule_comparisons; ++i) most += " or role:a";
  CHECK(complaint({{"top", "@ and rule:most", "f:1"}, {"most", most, "f:2"}}).empty());
  CHECK(complaint({{"top", "@ and @ and rule:most", "f:1"}, {"most", most, "f:2"}}) ==
        "f:1: rule 'top': column 13: takes more than 1000 comparisons, references included");
}

TEST_CASE("Of several errors the first in the file is reported") {
  CHECK(complaint({{"b", "rule:x", "f:1"}, {"a", "rule:y", "f:2"}}) ==
        "f:1: rule 'b': column 1: rule 'x' is not defined");
  CHECK(complaint({{"b", "admin", "f:1"}, {"a", "(", "f:2"}}) ==
        "f:1: rule 'b': column 1: KIND:VALUE, '@' or '!' is expected");
}

}  // namespace
}  // namespace console_policy
