// SPDX-License-Identifier: Apache-2.0
// AccessRules: who may do what, in oslo.policy's check language.
//
// Language: `role:NAME`, `rule:NAME`, `ATTRIBUTE:VALUE` where ATTRIBUTE is one of caller_attributes
//           or a literal ('text' in quotes, True, False, a whole number) and VALUE is text in which
//           %(name)s is replaced by one of target_attributes and %% for a percent sign; `@`
//           (always),
//           `!` (never), `and`, `or`, `not`, parentheses. `not` binds closest, then `and`, then
//           `or`. An empty check is `@`, as in oslo.policy. Role names compare without regard to
//           (ASCII) case.
// Contract: pure and total. An unknown rule denies. A caller's attribute or a target's attribute
//           that is not there makes its comparison false, also against an empty text.
// Errors:   parse() names the rule, the column (1-based, in bytes of the check's text) and what is
//           wrong: "access.yaml:12:8: rule 'x': column 5: …". It also refuses a rule without a name
//           or defined twice, a reference to a rule that is not defined, rules that refer to each
//           other in a circle, nesting deeper than max_access_rule_depth (parentheses, nots and
//           references together) and a rule that takes more than max_access_rule_comparisons.
//           A check that can never be true, because no caller or target has the attribute, is
//           refused, as is what oslo.policy reads as "never" with only a warning.
// Threads:  immutable after parse(); safe for concurrent use.
// Source:   oslo.policy:oslo_policy/_parser.py, _checks.py; doc/source/admin/policy-yaml-file.rst.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policies/result.h"

namespace console_policy {

inline constexpr std::size_t max_access_rule_depth = 64;
inline constexpr std::size_t max_access_rule_comparisons = 1000;

// One thing that is known of a caller or of a target. A view of texts that the caller owns.
struct Attribute {
  std::string_view name;
  std::string_view value;

  friend bool operator==(const Attribute& a, const Attribute& b) {
    return a.name == b.name && a.value == b.value;
  }
};
// A handful, each name once.
using Attributes = std::vector<Attribute>;

// The attributes of a caller, by oslo.policy's names. Lifetime: that of what it views.
struct Credentials {
  Attributes attributes;  // user_id, project_id, …; absent ones are left out
  std::vector<std::string_view> roles;
};

// What a request is about: project_id, domain_id, user_id, as far as the route names them.
using Target = Attributes;

// Every attribute that a caller can have (Credentials::attributes), and that a route can name of
// its target. Not all callers have all of them, nor all routes.
inline constexpr std::array<std::string_view, 7> caller_attributes{
    "user_id",   "user_domain_id", "project_id", "project_domain_id",
    "domain_id", "system_scope",   "client_name"};
inline constexpr std::array<std::string_view, 4> target_attributes{"project_id", "domain_id",
                                                                   "user_id", "instance_id"};

struct RuleText {
  std::string name;
  std::string check;
  std::string where;  // for messages: "access.yaml:12:8"; not interpreted
};

struct Check;  // a parsed check; see access_check.h

class AccessRules final {
 public:
  static Result<AccessRules> parse(const std::vector<RuleText>& rules);

  AccessRules(AccessRules&&) noexcept;
  AccessRules& operator=(AccessRules&&) noexcept;
  AccessRules(const AccessRules&) = delete;
  AccessRules& operator=(const AccessRules&) = delete;
  ~AccessRules();

  bool allows(std::string_view rule, const Credentials& caller, const Target& target) const;
  std::vector<std::string> names() const;  // sorted

 private:
  AccessRules();
  std::map<std::string, std::unique_ptr<const Check>, std::less<>> checks_;
};

}  // namespace console_policy
