// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <utility>

#include "policies/console_type.h"
#include "service/config/load.h"
#include "service/config/source_text.h"
#include "service/config/yaml_reader.h"

namespace console_policy::config {
namespace {

constexpr std::string_view all_types = "ALL";

std::string known_types() {
  std::string text;
  for (const ConsoleType type : all_console_types) {
    text += (text.empty() ? "" : ", ") + std::string(name(type));
  }
  return text;
}

// The words of a list of console types, each known and none twice.
Result<std::vector<std::string>> read_words(const YamlValue& value) {
  Result<std::vector<YamlValue>> elements = value.list();
  if (!elements.ok()) return std::move(elements).error();
  std::vector<std::string> words;
  for (const YamlValue& element : elements.value()) {
    Result<std::string> word = element.one_line();
    if (!word.ok()) return std::move(word).error();
    if (word.value() != all_types && !parse_console_type(word.value())) {
      return element.error(shown(word.value()) + " is not a console type; known: " + known_types());
    }
    if (std::find(words.begin(), words.end(), word.value()) != words.end()) {
      return element.error(word.value() + " is given twice");
    }
    words.push_back(std::move(word).value());
  }
  return words;
}

Status read_prefer(const YamlValue& value, Policy& policy) {
  Result<std::vector<std::string>> words = read_words(value);
  if (!words.ok()) return std::move(words).error();
  for (const std::string& word : words.value()) {
    const std::optional<ConsoleType> type = parse_console_type(word);
    if (!type) return value.error("ALL is for deny; known here: " + known_types());
    policy.prefer.push_back(*type);
  }
  return Success{};
}

Status read_deny(const YamlValue& value, Policy& policy) {
  Result<std::vector<std::string>> words = read_words(value);
  if (!words.ok()) return std::move(words).error();
  for (const std::string& word : words.value()) {
    const std::optional<ConsoleType> type = parse_console_type(word);
    if (type) {
      policy.deny.insert(*type);
    } else {
      policy.deny_all = true;
    }
  }
  return Success{};
}

// check_policy() speaks of "policy.prefer"; in this file the key is "prefer".
std::string without_prefix(const std::string& message) {
  constexpr std::string_view prefix = "policy.";
  return message.compare(0, prefix.size(), prefix) == 0 ? message.substr(prefix.size()) : message;
}

}  // namespace

Result<Policy> parse_cloud_default(const std::string& name, const std::string& text) {
  Result<Document> document = parse_yaml(name, text);
  if (!document.ok()) return std::move(document).error();
  const YamlValue root = YamlValue::root(document.value());
  Policy policy;
  Status status =
      root.fields({{"prefer", [&](const YamlValue& value) { return read_prefer(value, policy); }},
                   {"deny", [&](const YamlValue& value) { return read_deny(value, policy); }},
                   {"reason", one_line_into(policy.reason)}});
  if (!status.ok()) return std::move(status).error();
  // The time matters only to an expiry, and a default has none.
  status = check_policy(policy, ScopeKind::cloud, Timestamp{});
  if (!status.ok()) return root.error(without_prefix(status.error().message));
  return policy;
}

}  // namespace console_policy::config
