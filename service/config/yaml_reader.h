// SPDX-License-Identifier: Apache-2.0
// YamlValue: strict reading of a Document; a value knows its path and place, for messages.
//
// Contract: nothing is converted. Text that YAML would take for a number, a truth value or nothing
//           has to be in quotes ("yes", 010 and 1e3 are never guessed at); a number may not be. A
//           whole number is decimal, without sign or leading zero; seconds may have up to three
//           decimals.
// Errors:   invalid_request, "FILE:LINE:COLUMN: key: what is wrong", for the first thing wrong. A
//           value's own text stands in a message only where the reader puts it there: it may be a
//           secret.
// Threads:  values.
// Lifetime: a YamlValue borrows its Document.
#pragma once

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

#include "service/config/yaml_document.h"

namespace console_policy::config {

struct Field;
struct YamlMember;

class YamlValue final {
 public:
  static YamlValue root(const Document& document);

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
  YamlValue(const Document& document, const Node& node, std::string path);

  Error wrong_kind(std::string_view expected) const;
  Error unknown_key(std::size_t offset, std::string_view key,
                    std::initializer_list<Field> known) const;
  std::string path_of(std::string_view key) const;

  const Document* document_;
  const Node* node_;
  std::string path_;
};

struct YamlMember {
  std::string key;
  std::size_t key_offset;  // for error_at()
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
