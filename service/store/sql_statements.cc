// SPDX-License-Identifier: Apache-2.0
#include "service/store/sql_statements.h"

#include <utility>

namespace console_policy::store {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::vector<std::string> sql_statements(std::string_view text) {
  std::vector<std::string> statements;
  std::string current;
  const auto finish = [&] {
    const std::string_view statement = trimmed(current);
    if (!statement.empty()) statements.emplace_back(statement);
    current.clear();
  };
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && text.substr(i, 2) == "--") {
      // To the character before the end of the line, which stays as a blank.
      const std::size_t end = text.find('\n', i);
      i = (end == std::string_view::npos ? text.size() : end) - 1;
      continue;
    }
    if (quote == '\0' && c == ';') {
      finish();
      continue;
    }
    // A doubled quote closes and opens again, which comes to the same.
    if (quote == c) {
      quote = '\0';
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
    }
    current += c;
  }
  finish();
  return statements;
}

}  // namespace console_policy::store
