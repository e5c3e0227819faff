// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "policies/access.h"

namespace console_policy {
namespace {

std::string complaint(const std::string& check) {
  const Result<AccessRules> rules = AccessRules::parse({{"x", check, "access.yaml:12"}});
  if (rules.ok()) return "";
  CHECK(rules.error().code == ErrorCode::invalid_request);
  return rules.error().message;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("A check that cannot be read is refused with its column and the fault") {
  struct Row {
    const char* check;
    const char* message;
  };
  const std::vector<Row> table{
      // between checks
      {" ", "column 2: a check is expected at the end"},
      {"and @", "column 1: a check is expected before 'and'"},
      {"@ and", "column 6: a check is expected at the end"},
      {"@ or or @", "column 6: a check is expected before 'or'"},
      {"@ and Or @", "column 7: a check is expected before 'Or'"},
      {"not", "column 4: a check is expected at the end"},
      {"not and @", "column 5: a check is expected before 'and'"},
      {"@ @", "column 3: 'and' or 'or' is expected before this"},
      {"role:a role:b", "column 8: 'and' or 'or' is expected before this"},
      {"@ not @", "column 3: 'and' or 'or' is expected before this"},
      {"@ (@)", "column 3: 'and' or 'or' is expected before this"},
      // parentheses
      {"()", "column 2: a check is expected before ')'"},
      {"(", "column 2: a check is expected at the end"},
      {")", "column 1: a check is expected before ')'"},
      {"@)", "column 2: ')' without a '('"},
      {"@ and (@ or @))", "column 15: ')' without a '('"},
      {"@ and (@ or @", "column 7: '(' is not closed"},
      {"((@)", "column 1: '(' is not closed"},
      {"(@ @)", "column 4: 'and', 'or' or ')' is expected before this"},
      {"(@ and)", "column 7: a check is expected before ')'"},
      // one check
      {"admin", "column 1: KIND:VALUE, '@' or '!' is expected"},
      {"@ and admin", "column 7: KIND:VALUE, '@' or '!' is expected"},
      {"@@", "column 1: KIND:VALUE, '@' or '!' is expected"},
      {"a(b", "column 1: KIND:VALUE, '@' or '!' is expected"},
      {":x", "column 1: nothing stands before ':'"},
      {"role:", "column 6: nothing stands after ':'"},
      {"@ and user_id:", "column 15: nothing stands after ':'"},
      {"role: admin", "column 6: nothing stands after ':'"},
      {"rule:", "column 6: the name of a rule is expected after 'rule:'"},
      {"role:'admin'",
       "column 6: quotes belong before ':' only; what comes after it is text as it is"},
      {"user_id:\"u\"",
       "column 9: quotes belong before ':' only; what comes after it is text as it is"},
      {"http://host/path", "column 1: checks by http are not supported"},
      {"@ or https://host", "column 6: checks by https are not supported"},
      {"None:%(x)s", "column 1: None is not supported: no attribute of a target has that value"},
      // kinds
      {"007:%(x)s", "column 1: not a whole number in its shortest form; put other text in quotes"},
      {"+1:%(x)s", "column 1: not a whole number in its shortest form; put other text in quotes"},
      {"-0:%(x)s", "column 1: not a whole number in its shortest form; put other text in quotes"},
      {"-:%(x)s", "column 1: not a whole number in its shortest form; put other text in quotes"},
      {"1.5:%(x)s", "column 1: not a whole number in its shortest form; put other text in quotes"},
      {"7a:%(x)s", "column 1: not a whole number in its shortest form; put other text in quotes"},
      // literals
      {"'text", "column 1: the quote is not closed (a literal holds no blanks)"},
      {"@ or 'two words':%(x)s", "column 6: the quote is not closed (a literal holds no blanks)"},
      {"'text\":%(x)s", "column 1: the quote is not closed (a literal holds no blanks)"},
      {"'text'", "column 7: ':' is expected after the literal"},
      {"'text'x:y", "column 7: ':' is expected after the literal"},
      {"'text':", "column 8: nothing stands after ':'"},
      {"'a\\tb':%(x)s", "column 3: a backslash is not understood in a literal"},
      // %(name)s
      {"user_id:%", "column 9: '%' stands alone; write %(name)s, or %% for a percent sign"},
      {"user_id:50%x", "column 11: '%' stands alone; write %(name)s, or %% for a percent sign"},
      {"user_id:%s", "column 9: '%' stands alone; write %(name)s, or %% for a percent sign"},
      {"user_id:%%%", "column 11: '%' stands alone; write %(name)s, or %% for a percent sign"},
      {"user_id:%(x", "column 9: %( is not closed by )s"},
      {"user_id:%(x)", "column 9: %( is not closed by )s"},
      {"user_id:a%(x)d", "column 10: %( is not closed by )s"},
  };
  for (const Row& row : table) {
    CAPTURE(row.check);
    CHECK(complaint(row.check) == "access.yaml:12: rule 'x': " + std::string(row.message));
  }
}

TEST_CASE("A check that no caller or target can meet is refused") {
  const std::string caller =
      "not an attribute of a caller; these are: user_id, user_domain_id, project_id, "
      "project_domain_id, domain_id, system_scope, client_name";
  const std::string target =
      "not an attribute of a target; these are: project_id, domain_id, user_id, instance_id";
  // Forms of oslo.policy that other services' policy files have.
  const std::vector<std::tuple<const char*, std::size_t, std::string>> table{
      {"role:admin and is_admin_project:True", 16, caller},
      {"is_admin:True", 1, caller},
      {"not is_admin:True", 5, caller},  // it would always be true
      {"rule:x or tenant_id:%(project_id)s", 11, caller},
      {"token.project.domain.id:%(domain_id)s", 1, caller},
      {"system:all", 1, caller},
      {"Role:admin", 1, caller},
      {"user-id:x", 1, caller},
      {"%(user_id)s:y", 1, caller},
      {"user_id:%(target.user.id)s", 11, target},
      {"project_id:%(tenant_id)s", 14, target},
      {"domain_id:%(target.token.user.domain.id)s", 13, target},
      {"role:%(role)s", 8, target},
      {"'x':%()s", 7, target},
      {"user_id:%(USER_ID)s", 11, target},
      {"user_id:%(user_id)s%(user-id)s", 22, target},
  };
  for (const auto& [check, column, message] : table) {
    CAPTURE(check);
    CHECK(complaint(check) ==
          "access.yaml:12: rule 'x': column " + std::to_string(column) + ": " + message);
  }
}

TEST_CASE("A message without a place begins with the rule") {
  const Result<AccessRules> rules = AccessRules::parse({{"x", "admin", ""}});
  REQUIRE_FALSE(rules.ok());
  CHECK(rules.error().message == "rule 'x': column 1: KIND:VALUE, '@' or '!' is expected");
}

TEST_CASE("The depth of a check is bounded") {
  const std::size_t most = max_access_rule_depth;
  const std::string too_deep = "nested deeper than 64 levels";
  CHECK(complaint(repeated("(", most) + "@" + repeated(")", most)).empty());
  CHECK(complaint(repeated("(", most + 1) + "@" + repeated(")", most + 1)) ==
        "access.yaml:12: rule 'x': column 65: " + too_deep);
  CHECK(complaint(repeated("not ", most) + "@").empty());
  CHECK(complaint(repeated("not ", most + 1) + "@") ==
        "access.yaml:12: rule 'x': column 257: " + too_deep);
  CHECK(complaint(repeated("not (", most / 2) + "@" + repeated(")", most / 2)).empty());
  CHECK(complaint(repeated("not (", most / 2) + "not @" + repeated(")", most / 2)) ==
        "access.yaml:12: rule 'x': column 161: " + too_deep);
  CHECK(complaint(repeated("(", 200'000)) == "access.yaml:12: rule 'x': column 65: " + too_deep);
}

TEST_CASE("A long check without nesting is read up to its bound") {
  const std::size_t most = max_access_rule_comparisons;
  CHECK(complaint(repeated("role:a or ", most - 1) + "role:a").empty());
  CHECK(complaint(repeated("role:a or ", most) + "role:a") ==
        "access.yaml:12: rule 'x': takes more than 1000 comparisons");
}

TEST_CASE("Any text is read or refused") {
  const std::string alphabet = "()@!'\"%: andorte\\7\t\xc3";
  unsigned state = 1;
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string check;
    state = state * 1664525U + 1013904223U;
    const unsigned length = (state >> 16U) % 12U;
    for (unsigned i = 0; i < length; ++i) {
      state = state * 1664525U + 1013904223U;
      check += alphabet[(state >> 16U) % alphabet.size()];
    }
    const Result<AccessRules> rules = AccessRules::parse({{"x", check, ""}});
    if (rules.ok()) ++read;
    if (!rules.ok()) REQUIRE(rules.error().message.rfind("rule 'x': column ", 0) == 0);
  }
  CHECK(read > 0);
}

}  // namespace
}  // namespace console_policy
