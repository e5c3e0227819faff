// SPDX-License-Identifier: Apache-2.0
// AccessRules: who may do what, in oslo.policy's check language.
//
// Language: `role:NAME`, `rule:NAME`, `ATTRIBUTE:VALUE` where ATTRIBUTE is one of the caller's
//           (user_id, project_id, domain_id, …) or a literal ('text' in quotes, True, False, a
//           number) and VALUE is text in which %(name)s stands for an attribute of the target; `@`
//           (always),
//           `!` (never), `and`, `or`, `not`, parentheses. `not` binds closest, then `and`, then
//           `or`. An empty check is `@`, as in oslo.policy. Role names compare without regard to
//           case.
// Contract: pure and total. An unknown rule denies. A caller's attribute or a target's attribute
// that is
//           not there makes its comparison false, also against an empty text.
// Errors:   parse() names the rule, the column (1-based, in the check's text) and what is wrong; it
// also
//           refuses a reference to a rule that is not defined and rules that refer to each other in
//           a circle. Nesting deeper than max_access_rule_depth is refused.
// Threads:  immutable after parse(); safe for concurrent use.
// Source:   oslo.policy:oslo_policy/_parser.py, _checks.py; doc/source/admin/policy-yaml-file.rst.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policies/result.h"

namespace console_policy {

inline constexpr std::size_t max_access_rule_depth = 64;

// What identity says of a caller, by oslo.policy's names.
struct Credentials {
  std::map<std::string, std::string>
      attributes;  // user_id, project_id, …; absent ones are left out
  std::vector<std::string> roles;
};

// What a request is about: project_id, domain_id, user_id, as far as the route names them.
using Target = std::map<std::string, std::string>;

struct RuleText {
  std::string name;
  std::string check;
  std::string where;  // for messages: "access.yaml:12"; not interpreted
};

class Check;  // a parsed check; see access_check.h

class AccessRules final {
 public:
  static Result<AccessRules> parse(const std::vector<RuleText>& rules);

  AccessRules(AccessRules&&) noexcept;
  AccessRules& operator=(AccessRules&&) noexcept;
  ~AccessRules();

  bool allows(std::string_view rule, const Credentials& caller, const Target& target) const;
  std::vector<std::string> names() const;  // sorted

 private:
  AccessRules();
  std::map<std::string, std::unique_ptr<const Check>, std::less<>> checks_;
};

}  // namespace console_policy
