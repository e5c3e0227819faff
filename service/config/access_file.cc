// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>

#include "service/config/load.h"
#include "service/config/source_text.h"
#include "service/config/yaml_reader.h"

namespace console_policy::config {

Result<AccessRules> parse_access(const std::string& name, const std::string& text) {
  Result<Document> document = parse_yaml(name, text);
  if (!document.ok()) return std::move(document).error();
  const YamlValue root = YamlValue::root(document.value());
  Result<std::vector<YamlMember>> members = root.mapping();
  if (!members.ok()) return std::move(members).error();
  // Without a rule nobody could do anything; that is hardly what an empty file is meant to say.
  if (members.value().empty() || members.value().size() > max_access_rules) {
    return root.error("expected 1 to " + std::to_string(max_access_rules) + " rules");
  }
  std::vector<RuleText> rules;
  const std::string& source = document.value().text;
  std::size_t line = 1;
  std::size_t counted = 0;  // of source; rules come in the order of the file
  for (const YamlMember& member : members.value()) {
    Result<std::string> check = member.value.text();
    if (!check.ok()) return std::move(check).error();
    if (member.key.empty() || shown(member.key) != member.key) {
      return member.value.error("the name of a rule has 1 to " + std::to_string(max_shown_bytes) +
                                " bytes and no control characters");
    }
    const std::string_view since =
        std::string_view(source).substr(counted, member.key_offset - counted);
    line += static_cast<std::size_t>(std::count(since.begin(), since.end(), '\n'));
    counted = member.key_offset;
    rules.push_back(
        RuleText{member.key, std::move(check).value(), name + ":" + std::to_string(line)});
  }
  return AccessRules::parse(rules);
}

}  // namespace console_policy::config
