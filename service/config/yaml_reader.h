// SPDX-License-Identifier: Apache-2.0
// YamlValue: strict reading of a YAML document, with the place and path of each value in messages.
// The only file of the program that uses yaml-cpp.
//
// Contract: parse_yaml() reads one document. Nothing is converted: text that YAML could take for a
//           number, a truth value or nothing must be in quotes ("yes", 010 and 1e3 are never
//           guessed at). A whole number is decimal, without sign or leading zero; seconds may have
//           up to three decimals. Anchors, aliases and tags are refused where a value is read, so
//           none is followed; keys are text and none occurs twice.
// Errors:   invalid_request, "FILE:LINE:COLUMN: key: what is wrong", for the first fault. A message
//           shows a value only where the caller of error() adds it: it may be a secret.
// Threads:  values.
// Lifetime: a YamlValue borrows its Document.
#pragma once

#include <yaml-cpp/node/node.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/result.h"

namespace console_policy::config {

struct Document {
  std::string name;  // of the file, for messages
  std::string text;
  YAML::Node root;
};

// Errors: "NAME:LINE:COLUMN: what is wrong": find_fault() of source_text.h, not YAML, a second
// document.
Result<Document> parse_yaml(std::string name, std::string_view text);

struct Field;
struct YamlMember;

class YamlValue final {
 public:
  static YamlValue root(const Document& document);
  YamlValue(const YamlValue&) = default;
  // YAML::Node's assignment would write into the document.
  YamlValue& operator=(const YamlValue&) = delete;
  ~YamlValue() = default;

  bool is_nothing() const;    // no value, or null
  std::string place() const;  // "FILE:LINE:COLUMN", of the key if there is no value
  Error error(std::string_view what) const;

  // Text of any length, tabs and line ends included, no other control characters.
  Result<std::string> text() const;
  // At least one character, none of them a control character.
  Result<std::string> one_line() const;
  // true or false, without quotes; none of YAML's other words for them.
  Result<bool> truth() const;
  Result<std::uint64_t> whole_number(std::uint64_t minimum, std::uint64_t maximum) const;
  Result<std::chrono::milliseconds> seconds(std::chrono::milliseconds minimum,
                                            std::chrono::milliseconds maximum) const;

  Result<std::vector<YamlValue>> list() const;
  // Any keys, none of them twice, in the order of the file.
  Result<std::vector<YamlMember>> mapping() const;
  // A mapping of these keys and no others; reads them in the order of the file.
  Status fields(std::initializer_list<Field> known) const;

 private:
  YamlValue(const Document& document, const YAML::Node& node, std::string path, std::size_t parent);

  bool begins_with(char character) const;
  std::string_view kind() const;  // for messages: "text", "a number", "a list", …
  Error wrong_kind(std::string_view expected) const;
  std::string path_of(std::string_view key) const;

  const Document* document_;
  YAML::Node node_;
  std::string path_;
  std::size_t offset_;  // in Document::text
};

struct YamlMember {
  std::string key;
  YamlValue key_place;  // for errors at the key
  YamlValue value;
};

using ReadField = std::function<Status(const YamlValue&)>;

enum class Presence { optional, required };

struct Field {
  std::string_view key;
  ReadField read;
  Presence presence{Presence::optional};
};

// What fields are read with; `target` must outlive the reading and keeps its value on an error.
ReadField truth_into(bool& target);
ReadField one_line_into(std::string& target);
ReadField one_line_into(std::optional<std::string>& target);
ReadField seconds_into(std::chrono::milliseconds& target, std::chrono::milliseconds minimum,
                       std::chrono::milliseconds maximum);

// One line that `parse` turns into a Result; its error is reported at the value.
template <class Target, class Parse>
ReadField parsed_into(Target& target, Parse parse) {
  return [&target, parse](const YamlValue& value) -> Status {
    Result<std::string> text = value.one_line();
    if (!text.ok()) return std::move(text).error();
    auto parsed = parse(text.value());
    if (!parsed.ok()) return value.error(parsed.error().message);
    target = std::move(parsed).value();
    return Success{};
  };
}

// `minimum` and `maximum` are values of Number, so the result always fits.
template <class Number>
ReadField whole_number_into(Number& target, Number minimum, Number maximum) {
  return [&target, minimum, maximum](const YamlValue& value) -> Status {
    Result<std::uint64_t> number = value.whole_number(minimum, maximum);
    if (!number.ok()) return std::move(number).error();
    target = static_cast<Number>(number.value());
    return Success{};
  };
}

}  // namespace console_policy::config
