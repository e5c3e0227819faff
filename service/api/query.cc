// SPDX-License-Identifier: Apache-2.0
#include "service/api/query.h"

#include <algorithm>
#include <optional>

#include "service/platform/utf8.h"

namespace console_policy::api {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  constexpr std::size_t usual_parts = 8;
  std::vector<std::string_view> parts;
  parts.reserve(usual_parts);
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10U;
  return std::nullopt;
}

// Printable ASCII that is no escape.
bool stands_for_itself(char c) {
  return c >= ' ' && c <= '~' && c != '%';
}

// Query parameters are named back to the client; only so much of a foreign name.
std::string shown(std::string_view name) {
  constexpr std::size_t max_shown = 64;
  return std::string(platform::beginning(name, max_shown));
}

}  // namespace

TargetParts split_target(std::string_view target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

std::vector<std::string_view> split_path(std::string_view path) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (path.empty()) return {};
  return split(path, '/');
}

Result<std::string> percent_decode(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), stands_for_itself)) return std::string(text);
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const auto high = i + 1 < text.size() ? hex_digit(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hex_digit(text[i + 2]) : std::nullopt;
      if (!high.has_value() || !low.has_value()) return invalid_request("a bad percent-escape");
      c = static_cast<char>((*high << 4U) | *low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return invalid_request("a control character");
    }
    decoded += c;
  }
  if (!platform::is_utf8(decoded)) return invalid_request("not valid UTF-8");
  return decoded;
}

bool Parameters::add(std::string_view name, std::string text) {
  constexpr std::size_t usual_parameters = 4;
  if (parameters_.empty()) parameters_.reserve(usual_parameters);
  const auto at = std::find_if(
      begin(), end(), [name](const Parameter& parameter) { return parameter.first >= name; });
  if (at != end() && at->first == name) return false;
  parameters_.emplace(at, name, std::move(text));
  return true;
}

Parameters::const_iterator Parameters::find(std::string_view name) const {
  return std::find_if(begin(), end(),
                      [name](const Parameter& parameter) { return parameter.first == name; });
}

Result<Query> parse_query(std::string_view query, std::string_view known) {
  Query parameters;
  if (query.empty()) return parameters;
  const std::vector<std::string_view> names = split(known, ' ');
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = pair.find('=');
    const std::string_view asked = pair.substr(0, equals);
    const auto known_name = std::find(names.begin(), names.end(), asked);
    std::string text(equals == std::string_view::npos ? std::string_view{}
                                                      : pair.substr(equals + 1));
    if (asked.empty() || known_name == names.end()) {
      return invalid_request(shown(asked) + ": unknown query parameter; known here: " +
                             (known.empty() ? "none" : std::string(known)));
    }
    const std::string_view name = *known_name;
    std::replace(text.begin(), text.end(), '+', ' ');
    Result<std::string> decoded = percent_decode(text);
    if (!decoded.ok()) return invalid_request(std::string(name) + ": " + decoded.error().message);
    if (!parameters.add(name, std::move(decoded).value())) {
      return invalid_request(std::string(name) + ": the query parameter is given twice");
    }
  }
  return parameters;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4U];
    encoded += digits[byte & 0x0fU];
  }
  return encoded;
}

}  // namespace console_policy::api
