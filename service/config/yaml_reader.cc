// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_reader.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <utility>

#include "policies/ascii.h"
#include "service/config/source_text.h"
#include "service/config/yaml_scalar.h"

namespace console_policy::config {
namespace {

// Where the node begins, its anchor or tag included; `other` if yaml-cpp does not know.
std::size_t offset_of(const YAML::Node& node, std::size_t other) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? other : static_cast<std::size_t>(mark.pos);
}

std::string place_of(const Document& document, std::size_t offset) {
  const Position position = position_at(document.text, offset);
  return document.name + ":" + std::to_string(position.line) + ":" +
         std::to_string(position.column);
}

Error error_at(const Document& document, std::size_t offset, const std::string& what) {
  return invalid_request(place_of(document, offset) + ": " + what);
}

// 1500 ms as "1.5".
std::string seconds_text(std::chrono::milliseconds time) {
  std::string text = std::to_string(time.count() / 1000);
  std::string decimals = std::to_string(1000 + time.count() % 1000).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return decimals.empty() ? text : text + "." + decimals;
}

}  // namespace

Result<Document> parse_yaml(std::string name, std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.substr(0, byte_order_mark.size()) == byte_order_mark) {
    text.remove_prefix(byte_order_mark.size());
  }
  Document document{std::move(name), std::string(text), {}};
  if (const std::optional<Fault> fault = find_fault(document.text)) {
    return error_at(document, fault->offset, fault->what);
  }
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(document.text);
    if (documents.size() > 1) {
      return error_at(document, offset_of(documents[1], text.size()),
                      "a second document, or text after the end of the first; one is read");
    }
    if (!documents.empty()) document.root = documents.front();
    return document;
  } catch (const YAML::Exception& exception) {
    const std::size_t offset =
        exception.mark.is_null() ? 0 : static_cast<std::size_t>(exception.mark.pos);
    return error_at(document, offset, "not YAML: " + exception.msg);
  } catch (const std::exception& exception) {
    return error_at(document, 0, std::string("cannot be read as YAML: ") + exception.what());
  }
}

YamlValue::YamlValue(const Document& document, const YAML::Node& node, std::string path,
                     std::size_t parent)
    : document_(&document),
      node_(node),
      path_(std::move(path)),
      offset_(std::min(offset_of(node_, parent), document.text.size())) {
  // yaml-cpp gives a value that is not there the place of what follows it.
  if (is_nothing() && kind() == "nothing") offset_ = parent;
}

YamlValue YamlValue::root(const Document& document) {
  return YamlValue(document, document.root, "", 0);
}

bool YamlValue::is_nothing() const {
  return node_.IsNull();
}

bool YamlValue::begins_with(char character) const {
  return offset_ < document_->text.size() && document_->text[offset_] == character;
}

std::string_view YamlValue::kind() const {
  // An alias is the node of its anchor, so it has the anchor's place.
  if (begins_with('&')) return "an anchor or alias (write the value out)";
  if (begins_with('!')) return "a tag (put text that begins with '!' in quotes)";
  if (node_.IsSequence()) return "a list";
  if (node_.IsMap()) return "a mapping";
  if (!node_.IsScalar()) return "nothing";
  if (!quotes_closed(std::string_view(document_->text).substr(offset_)))
    return "a quote that is not closed";
  if (node_.Tag() != "?") return "text";  // in quotes or in block style
  if (looks_like_number(node_.Scalar())) return "a number";
  return looks_like_truth_value(node_.Scalar()) ? "a truth value" : "text";
}

std::string YamlValue::place() const {
  return place_of(*document_, offset_);
}

Error YamlValue::error(std::string_view what) const {
  return error_at(*document_, offset_, (path_.empty() ? "" : path_ + ": ") + std::string(what));
}

Error YamlValue::wrong_kind(std::string_view expected) const {
  return error("expected " + std::string(expected) + ", found " + std::string(kind()));
}

std::string YamlValue::path_of(std::string_view key) const {
  return path_.empty() ? shown(key) : path_ + "." + shown(key);
}

Result<std::string> YamlValue::text() const {
  const std::string_view found = kind();
  if (found != "text") {
    const bool convertible = found == "a number" || found == "a truth value";
    return wrong_kind(convertible ? "text (put it in quotes)" : "text");
  }
  const std::string& text = node_.Scalar();
  const bool control = std::any_of(text.begin(), text.end(), [](char character) {
    return is_control(character) && character != '\t' && character != '\n';
  });
  if (control) return error("holds a control character");
  return text;
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
  if (kind() != "a number") return wrong_kind("a whole number, " + range);
  const std::optional<ScalarNumber> number = whole_number_in(node_.Scalar());
  if (!number.has_value()) {
    return error("expected a whole number, " + range +
                 ", in decimal digits without sign or leading zero");
  }
  if (number->negative || number->value < minimum || number->value > maximum) {
    return error(shown(node_.Scalar()) + " is out of range; expected " + range);
  }
  return number->value;
}

Result<bool> YamlValue::truth() const {
  const bool is_word = kind() == "a truth value";
  if (is_word && node_.Scalar() == "true") return true;
  if (is_word && node_.Scalar() == "false") return false;
  return wrong_kind("true or false");
}

Result<std::chrono::milliseconds> YamlValue::seconds(std::chrono::milliseconds minimum,
                                                     std::chrono::milliseconds maximum) const {
  const std::string range = seconds_text(minimum) + " to " + seconds_text(maximum);
  if (kind() != "a number") return wrong_kind("seconds, " + range);
  const std::optional<ScalarNumber> number = milliseconds_in(node_.Scalar());
  if (!number.has_value()) {
    return error("expected seconds, " + range + ", in decimal digits with at most three decimals");
  }
  const std::chrono::milliseconds time(number->value);
  if (number->negative || time < minimum || time > maximum) {
    return error(shown(node_.Scalar()) + " is out of range; expected seconds, " + range);
  }
  return time;
}

Result<std::vector<YamlValue>> YamlValue::list() const {
  if (kind() != "a list") return wrong_kind("a list");
  std::vector<YamlValue> values;
  for (const YAML::Node& item : node_) {
    values.push_back(
        YamlValue(*document_, item, path_ + "[" + std::to_string(values.size()) + "]", offset_));
  }
  return values;
}

Result<std::vector<YamlMember>> YamlValue::mapping() const {
  if (kind() != "a mapping") return wrong_kind("a mapping");
  std::set<std::string_view> seen;
  std::vector<YamlMember> members;
  for (const auto& entry : node_) {
    const YAML::Node& key = entry.first;
    const YamlValue key_place(*document_, key, path_, offset_);
    if (!key.IsScalar() || key_place.begins_with('&') || key_place.begins_with('!')) {
      return key_place.error("a key must be text");
    }
    const std::string path = path_of(key.Scalar());
    YamlValue named(*document_, key, path, offset_);
    if (!seen.insert(key.Scalar()).second) return named.error("is given twice");
    YamlValue inner(*document_, entry.second, path, named.offset_);
    members.push_back(YamlMember{key.Scalar(), named, inner});
  }
  return members;
}

Status YamlValue::fields(std::initializer_list<Field> known) const {
  Result<std::vector<YamlMember>> members = mapping();
  if (!members.ok()) return std::move(members).error();
  std::set<std::string_view> given;
  for (const YamlMember& member : members.value()) {
    const auto* field = std::find_if(known.begin(), known.end(), [&](const Field& candidate) {
      return candidate.key == member.key;
    });
    if (field == known.end()) {
      std::string names;
      for (const Field& one : known) names += (names.empty() ? "" : ", ") + std::string(one.key);
      return member.key_place.error("unknown key; known here: " + names);
    }
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
