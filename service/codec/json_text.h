// SPDX-License-Identifier: Apache-2.0
// Writes JSON into a text: the bytes that nlohmann::json's dump() gives, without a tree of values
// in between. A resolution is written for each console that opens.
//
// Threads: free functions on values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/console_type.h"
#include "policies/policy.h"

namespace console_policy::codec {

// In double quotes, escaped as RFC 8259, 7 demands and no further. `text` is UTF-8.
void append_text(std::string& json, std::string_view text);
void append_text_or_null(std::string& json, std::optional<std::string_view> text);

// A text of ours that needs no escape: the name of a type, an enumerator.
void append_plain(std::string& json, std::string_view text);

// "2026-12-01T00:00:00.000000Z"
void append_time(std::string& json, Timestamp time);

// ["SPICE","VNC"]
void append_types(std::string& json, const std::vector<ConsoleType>& types);

// A list; `append_element(json, element)` appends each.
template <class Element, class Append>
void append_list(std::string& json, const std::vector<Element>& elements,
                 const Append& append_element) {
  json += '[';
  bool first = true;
  for (const Element& element : elements) {
    if (!first) json += ',';
    first = false;
    append_element(json, element);
  }
  json += ']';
}

// An object whose members are added one by one, in their order, behind what the text already has.
// Nothing else may be appended between two of them but the value of the first.
class ObjectText final {
 public:
  explicit ObjectText(std::string& json) : json_(json) { json_ += '{'; }

  // The key, which must need no escape; the value is for the caller to append.
  std::string& at(std::string_view key);
  void text(std::string_view key, std::string_view value) { append_text(at(key), value); }
  void plain(std::string_view key, std::string_view value) { append_plain(at(key), value); }
  void text_or_null(std::string_view key, std::optional<std::string_view> value) {
    append_text_or_null(at(key), value);
  }
  void end() { json_ += '}'; }

 private:
  std::string& json_;
  bool empty_{true};
};

}  // namespace console_policy::codec
