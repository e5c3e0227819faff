// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_reader.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "policies/ascii.h"
#include "service/config/source_text.h"

namespace console_policy::config {
namespace {

constexpr std::size_t max_digits = 15;  // more is beyond every range, and always fits 64 bits

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Digits without a leading zero.
bool is_whole(std::string_view text) {
  return all_digits(text) && (text.size() == 1 || text.front() != '0');
}

// Whether YAML 1.1 or 1.2 could take the plain scalar for a number.
bool looks_like_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan") return true;
  const std::string_view prefix = text.substr(0, 2);
  if ((prefix == "0x" || prefix == "0o") && text.size() > 2) {
    return text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  }
  const std::size_t exponent = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent);
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (!power.empty() && (power.front() == '-' || power.front() == '+')) power.remove_prefix(1);
    if (!all_digits(power)) return false;
  }
  return mantissa.find_first_of("0123456789") != std::string_view::npos &&
         mantissa.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(mantissa.begin(), mantissa.end(), '.') <= 1;
}

bool looks_like_truth_value(std::string_view text) {
  std::string lower(text.substr(0, 6));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::array<std::string_view, 6> words{"true", "false", "yes", "no", "on", "off"};
  return std::find(words.begin(), words.end(), lower) != words.end();
}

std::string_view kind_of(const Node& node) {
  switch (node.kind) {
    case NodeKind::nothing:
      return "nothing";
    case NodeKind::plain:
      if (looks_like_number(node.text)) return "a number";
      return looks_like_truth_value(node.text) ? "a truth value" : "text";
    case NodeKind::quoted:
      return "text";
    case NodeKind::list:
      return "a list";
    case NodeKind::mapping:
      return "a mapping";
  }
  return "nothing";
}

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char digit : digits.substr(0, max_digits)) {
    number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return number;
}

// 1500 ms as "1.5".
std::string seconds_text(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  std::string decimals = std::to_string(1000 + time.count() % 1000).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return decimals.empty() ? text : text + "." + decimals;
}

}  // namespace

YamlValue::YamlValue(const Document& document, const Node& node, std::string path)
    : document_(&document), node_(&node), path_(std::move(path)) {}

YamlValue YamlValue::root(const Document& document) {
  return YamlValue(document, document.root, "");
}

Error YamlValue::error(std::string_view what) const {
  const std::string prefix = path_.empty() ? "" : path_ + ": ";
  return error_at(*document_, node_->offset, prefix + std::string(what));
}

Error YamlValue::wrong_kind(std::string_view expected) const {
  return error("expected " + std::string(expected) + ", found " + std::string(kind_of(*node_)));
}

std::string YamlValue::path_of(std::string_view key) const {
  return path_.empty() ? shown(key) : path_ + "." + shown(key);
}

Result<std::string> YamlValue::text() const {
  const std::string_view kind = kind_of(*node_);
  if (kind != "text") {
    const bool scalar = node_->kind == NodeKind::plain;
    return wrong_kind(scalar ? "text (put it in quotes)" : "text");
  }
  const bool control = std::any_of(node_->text.begin(), node_->text.end(), [](char character) {
    return is_control(character) && character != '\t' && character != '\n';
  });
  if (control) return error("holds a control character");
  return node_->text;
}

Result<std::string> YamlValue::one_line() const {
  Result<std::string> result = text();
  if (!result.ok()) return result;
  if (result.value().empty()) return error("is empty");
  const std::string& line = result.value();
  if (std::any_of(line.begin(), line.end(), is_control)) return error("holds a control character");
  return result;
}

Result<std::uint64_t> YamlValue::whole_number(std::uint64_t minimum, std::uint64_t maximum) const {
  const std::string range = std::to_string(minimum) + " to " + std::to_string(maximum);
  if (node_->kind != NodeKind::plain || !looks_like_number(node_->text)) {
    return wrong_kind("a whole number, " + range);
  }
  const std::string& digits = node_->text;
  const bool negative = digits.front() == '-' && is_whole(std::string_view(digits).substr(1));
  if (!negative && !is_whole(digits)) {
    return error("expected a whole number, " + range +
                 ", in decimal digits without sign or leading zero");
  }
  const std::uint64_t number = number_of(digits);
  if (negative || digits.size() > max_digits || number < minimum || number > maximum) {
    return error(shown(digits) + " is out of range; expected " + range);
  }
  return number;
}

Result<bool> YamlValue::truth() const {
  const bool plain = node_->kind == NodeKind::plain;
  if (plain && node_->text == "true") return true;
  if (plain && node_->text == "false") return false;
  return wrong_kind("true or false");
}

Result<std::chrono::milliseconds> YamlValue::seconds(std::chrono::milliseconds minimum,
                                                     std::chrono::milliseconds maximum) const {
  const std::string range = seconds_text(minimum) + " to " + seconds_text(maximum);
  if (node_->kind != NodeKind::plain || !looks_like_number(node_->text)) {
    return wrong_kind("seconds, " + range);
  }
  std::string_view text = node_->text;
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals =
      point == std::string_view::npos ? std::string_view("0") : text.substr(point + 1);
  if (!is_whole(whole) || !all_digits(decimals) || decimals.size() > 3) {
    return error("expected seconds, " + range + ", in decimal digits with at most three decimals");
  }
  std::string padded(decimals);
  padded.resize(3, '0');
  const std::chrono::milliseconds time(number_of(whole) * 1000 + number_of(padded));
  if (negative || whole.size() > max_digits || time < minimum || time > maximum) {
    return error(shown(node_->text) + " is out of range; expected seconds, " + range);
  }
  return time;
}

Result<std::vector<YamlValue>> YamlValue::list() const {
  if (node_->kind != NodeKind::list) return wrong_kind("a list");
  std::vector<YamlValue> values;
  values.reserve(node_->items.size());
  for (const Node& item : node_->items) {
    values.push_back(
        YamlValue(*document_, item, path_ + "[" + std::to_string(values.size()) + "]"));
  }
  return values;
}

Result<std::vector<YamlMember>> YamlValue::mapping() const {
  if (node_->kind != NodeKind::mapping) return wrong_kind("a mapping");
  std::set<std::string_view> seen;
  std::vector<YamlMember> members;
  members.reserve(node_->members.size());
  for (const Member& member : node_->members) {
    if (!seen.insert(member.key).second) {
      return error_at(*document_, member.offset, path_of(member.key) + ": is given twice");
    }
    members.push_back(YamlMember{member.key, member.offset,
                                 YamlValue(*document_, member.value, path_of(member.key))});
  }
  return members;
}

Error YamlValue::unknown_key(std::size_t offset, std::string_view key,
                             std::initializer_list<Field> known) const {
  std::string names;
  for (const Field& field : known) {
    names += (names.empty() ? "" : ", ") + std::string(field.key);
  }
  return error_at(*document_, offset, path_of(key) + ": unknown key; known here: " + names);
}

Status YamlValue::fields(std::initializer_list<Field> known) const {
  Result<std::vector<YamlMember>> members = mapping();
  if (!members.ok()) return std::move(members).error();
  std::set<std::string_view> given;
  for (const YamlMember& member : members.value()) {
    const auto* field = std::find_if(known.begin(), known.end(), [&](const Field& candidate) {
      return candidate.key == member.key;
    });
    if (field == known.end()) return unknown_key(member.key_offset, member.key, known);
    Status status = field->read(member.value);
    if (!status.ok()) return status;
    given.insert(field->key);
  }
  for (const Field& field : known) {
    if (field.presence == Presence::required && given.count(field.key) == 0) {
      return error(std::string(field.key) + " is missing");
    }
  }
  return Success{};
}

ReadField truth_into(bool& target) {
  return [&target](const YamlValue& value) -> Status {
    Result<bool> truth = value.truth();
    if (!truth.ok()) return std::move(truth).error();
    target = truth.value();
    return Success{};
  };
}

ReadField one_line_into(std::string& target) {
  return [&target](const YamlValue& value) -> Status {
    Result<std::string> line = value.one_line();
    if (!line.ok()) return std::move(line).error();
    target = std::move(line).value();
    return Success{};
  };
}

ReadField one_line_into(std::optional<std::string>& target) {
  return [&target](const YamlValue& value) -> Status {
    std::string line;
    Status status = one_line_into(line)(value);
    if (status.ok()) target = std::move(line);
    return status;
  };
}

ReadField seconds_into(std::chrono::milliseconds& target, std::chrono::milliseconds minimum,
                       std::chrono::milliseconds maximum) {
  return [&target, minimum, maximum](const YamlValue& value) -> Status {
    Result<std::chrono::milliseconds> time = value.seconds(minimum, maximum);
    if (!time.ok()) return std::move(time).error();
    target = time.value();
    return Success{};
  };
}

}  // namespace console_policy::config
