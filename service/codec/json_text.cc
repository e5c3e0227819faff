// SPDX-License-Identifier: Apache-2.0
#include "service/codec/json_text.h"

#include <algorithm>

#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

bool is_escaped(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Without an early end, so that the compiler looks at many characters at once.
bool has_escaped(std::string_view text) {
  unsigned char found = 0;
  for (const char c : text) {
    found |= static_cast<unsigned char>(static_cast<unsigned char>(c) < 0x20) |
             static_cast<unsigned char>(c == '"') | static_cast<unsigned char>(c == '\\');
  }
  return found != 0;
}

void append_escaped(std::string& json, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::string_view named = "\"\\\b\f\n\r\t";
  constexpr std::string_view names = "\"\\bfnrt";
  json += '\\';
  const std::size_t which = named.find(c);
  if (which != std::string_view::npos) {
    json += names[which];
    return;
  }
  const auto byte = static_cast<unsigned char>(c);
  json += "u00";
  json += digits[byte >> 4U];
  json += digits[byte & 0x0fU];
}

}  // namespace

void append_text(std::string& json, std::string_view text) {
  json += '"';
  if (!has_escaped(text)) {
    json.append(text);
    text = {};
  }
  while (!text.empty()) {
    const auto* const stop = std::find_if(text.begin(), text.end(), is_escaped);
    const auto plain = static_cast<std::size_t>(stop - text.begin());
    json.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    append_escaped(json, text.front());
    text.remove_prefix(1);
  }
  json += '"';
}

void append_text_or_null(std::string& json, std::optional<std::string_view> text) {
  if (text.has_value()) {
    append_text(json, *text);
  } else {
    json += "null";
  }
}

void append_plain(std::string& json, std::string_view text) {
  json += '"';
  json += text;
  json += '"';
}

void append_time(std::string& json, Timestamp time) {
  json += '"';
  platform::append_time(json, time);
  json += '"';
}

std::string& ObjectText::at(std::string_view key) {
  if (!empty_) json_ += ',';
  empty_ = false;
  append_plain(json_, key);
  json_ += ':';
  return json_;
}

void append_types(std::string& json, const std::vector<ConsoleType>& types) {
  json += '[';
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i > 0) json += ',';
    append_plain(json, name(types[i]));
  }
  json += ']';
}

}  // namespace console_policy::codec
