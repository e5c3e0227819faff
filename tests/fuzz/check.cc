// SPDX-License-Identifier: Apache-2.0
// oslo.policy's check language: rules, one a line ("name=check"), parsed and asked.
#include <string>
#include <vector>

#include "policies/access.h"
#include "tests/fuzz/input.h"

using namespace console_policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  std::vector<RuleText> rules;
  constexpr std::size_t max_rules = 20;
  while (!input.empty() && rules.size() < max_rules) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(std::min(end + 1, input.size()));
    const std::size_t equals = line.find('=');
    const bool named = equals != std::string_view::npos;
    rules.push_back({std::string(named ? line.substr(0, equals) : std::string_view("a:b")),
                     std::string(named ? line.substr(equals + 1) : line), "fuzz:1"});
  }
  const Result<AccessRules> parsed = AccessRules::parse(rules);
  if (!parsed.ok()) return 0;
  Credentials caller;
  caller.attributes = {{"user_id", "u"}, {"project_id", "p"}, {"domain_id", ""}};
  caller.roles = {"admin", "member"};
  const Target target{{"project_id", "p"}, {"user_id", "u"}};
  for (const std::string& name : parsed.value().names()) {
    const bool once = parsed.value().allows(name, caller, target);
    fuzz::require(once == parsed.value().allows(name, caller, target), "a rule is a function");
  }
  const std::string unknown(size + 1, 'x');  // longer than any that the input can name
  fuzz::require(!parsed.value().allows(unknown, caller, target), "an unknown rule denies");
  return 0;
}
