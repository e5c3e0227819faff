// SPDX-License-Identifier: Apache-2.0
// Check: one rule's check, parsed; private to the access rules.
//
// Contract: parse_check() and evaluate() are pure and total. Depth of recursion is bounded by
//           max_access_rule_depth, whatever the text.
// Errors:   "column N: what is wrong"; columns are bytes of the check's text, from 1.
// Threads:  plain values.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/access.h"
#include "policies/result.h"

namespace console_policy {

enum class CheckKind {
  always,     // @
  never,      // !
  role,       // role:VALUE
  rule,       // rule:NAME
  attribute,  // NAME:VALUE, an attribute of the caller
  literal,    // 'text':VALUE, True:VALUE, 7:VALUE
  negation,   // not, of one operand
  all_of,     // and, of two operands or more
  any_of,     // or, of two operands or more
};

// Text in which %(name)s is replaced by an attribute of the target.
struct TargetText {
  struct Piece {
    bool is_attribute;
    std::string text;
  };
  std::vector<Piece> pieces;

  // Nothing when the target lacks an attribute that is named. `room` is for a text of several
  // pieces: the answer lives as long as it, the target and this.
  std::optional<std::string_view> expand(const Target& target, std::string& room) const;
};

struct Check {
  CheckKind kind{CheckKind::never};
  std::string subject;          // the rule's or the attribute's name, or the literal's text
  TargetText value;             // of role, attribute and literal
  std::vector<Check> operands;  // of negation, all_of and any_of
};

// One `rule:NAME` in a check, for those who look at how rules refer to each other.
struct RuleReference {
  std::string name;
  std::size_t column;
  std::size_t depth;  // how many parentheses and nots it stands in
};

struct ParsedCheck {
  Check check;
  std::vector<RuleReference> references;  // in the order of the text
  std::size_t comparisons{0};             // leaves that are no references
  std::size_t depth{0};                   // how many parentheses and nots stand in each other
};

using Checks = std::map<std::string, std::unique_ptr<const Check>, std::less<>>;

Result<ParsedCheck> parse_check(std::string_view text);

// `checks` is where rule:NAME is looked up; a name that is not there denies.
bool evaluate(const Check& check, const Checks& checks, const Credentials& caller,
              const Target& target);

// invalid_request, "column N: what".
Error error_at(std::size_t column, const std::string& what);

}  // namespace console_policy
