// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "service/config/load.h"
#include "service/config/source_text.h"
#include "service/config/yaml_reader.h"

namespace console_policy::config {
namespace {

enum class Emptiness { refused, accepted };

Result<std::vector<RuleText>> read_rules(const std::string& name, const std::string& text,
                                         Emptiness emptiness) {
  Result<Document> document = parse_yaml(name, text);
  if (!document.ok()) return std::move(document).error();
  const YamlValue root = YamlValue::root(document.value());
  if (emptiness == Emptiness::accepted && root.is_nothing()) return std::vector<RuleText>();
  Result<std::vector<YamlMember>> members = root.mapping();
  if (!members.ok()) return std::move(members).error();
  // Without a rule no request would be allowed; an empty file is more likely a mistake.
  const bool too_few = members.value().empty() && emptiness == Emptiness::refused;
  if (too_few || members.value().size() > max_access_rules) {
    return root.error("expected 1 to " + std::to_string(max_access_rules) + " rules");
  }
  std::vector<RuleText> rules;
  for (const YamlMember& member : members.value()) {
    Result<std::string> check = member.value.text();
    if (!check.ok()) return std::move(check).error();
    if (member.key.empty() || shown(member.key) != member.key) {
      return member.value.error("the name of a rule has 1 to " + std::to_string(max_shown_bytes) +
                                " bytes and no control characters");
    }
    rules.push_back(RuleText{member.key, std::move(check).value(), member.value.place()});
  }
  return rules;
}

}  // namespace

Result<AccessRules> parse_access(const std::string& name, const std::string& text) {
  Result<std::vector<RuleText>> rules = read_rules(name, text, Emptiness::refused);
  if (!rules.ok()) return std::move(rules).error();
  return AccessRules::parse(rules.value());
}

Result<AccessRules> parse_access(const NamedText& shipped, const NamedText& own) {
  Result<std::vector<RuleText>> base = read_rules(shipped.name, shipped.text, Emptiness::refused);
  if (!base.ok()) return std::move(base).error();
  Result<std::vector<RuleText>> over = read_rules(own.name, own.text, Emptiness::accepted);
  if (!over.ok()) return std::move(over).error();
  std::vector<RuleText> rules = std::move(base).value();
  for (RuleText& rule : over.value()) {
    const auto same = std::find_if(rules.begin(), rules.end(),
                                   [&](const RuleText& other) { return other.name == rule.name; });
    if (same != rules.end()) {
      *same = std::move(rule);
    } else if (rule.name.find(':') != std::string::npos) {
      // Most likely misspelt; the rule that was meant would keep its default, and no operator would
      // know.
      return invalid_request(rule.where + ": rule '" + rule.name + "': guards no operation");
    } else {
      rules.push_back(std::move(rule));
    }
  }
  return AccessRules::parse(rules);
}

}  // namespace console_policy::config
