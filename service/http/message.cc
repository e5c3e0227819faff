// SPDX-License-Identifier: Apache-2.0
#include "service/http/message.h"

#include <algorithm>

namespace console_policy::http {
namespace {

// Not std::tolower: that one depends on the locale.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

std::string combined_header(const Headers& headers, std::string_view name) {
  std::string combined;
  bool first = true;
  for (const auto& [key, value] : headers) {
    if (!equal_ignoring_case(key, name)) continue;
    if (!std::exchange(first, false)) combined += ", ";
    combined += value;
  }
  return combined;
}

std::size_t header_count(const Headers& headers, std::string_view name) {
  const auto same = [name](const auto& field) { return equal_ignoring_case(field.first, name); };
  return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), same));
}

}  // namespace console_policy::http
