// SPDX-License-Identifier: Apache-2.0
#include "service/config/source_text.h"

#include <algorithm>

#include "service/platform/utf8.h"

namespace console_policy::config {
namespace {

bool is_continuation(char character) {
  return (static_cast<unsigned char>(character) & 0xC0U) == 0x80U;
}

// How many bytes the character that starts at `offset` has; 0 when it is not UTF-8.
std::size_t character_length(std::string_view text, std::size_t offset) {
  const auto lead = static_cast<unsigned char>(text[offset]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return platform::is_utf8(text.substr(offset, length)) ? length : 0;
}

// The offset of a tab in the indentation of the line that starts at `begin`, if the line has
// content.
std::optional<std::size_t> tab_in_indentation(std::string_view text, std::size_t begin) {
  const std::size_t first = text.find_first_not_of(" \t", begin);
  if (first == std::string_view::npos) return std::nullopt;
  const char character = text[first];
  if (character == '\n' || character == '\r' || character == '#') return std::nullopt;
  const std::size_t tab = text.substr(begin, first - begin).find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return begin + tab;
}

}  // namespace

bool is_control(char character) {
  const auto code = static_cast<unsigned char>(character);
  return code < 0x20 || code == 0x7F;
}

std::optional<Fault> find_fault(std::string_view text) {
  bool line_starts = true;
  for (std::size_t offset = 0; offset < text.size();) {
    if (line_starts) {
      const std::optional<std::size_t> tab = tab_in_indentation(text, offset);
      if (tab) return Fault{*tab, "a tab in the indentation; indent with spaces"};
    }
    const char character = text[offset];
    const std::size_t length = character_length(text, offset);
    if (length == 0) return Fault{offset, "not UTF-8"};
    const bool line_end =
        character == '\n' || (character == '\r' && text.substr(offset + 1, 1) == "\n");
    if (is_control(character) && character != '\t' && !line_end) {
      return Fault{offset, "a control character"};
    }
    line_starts = character == '\n';
    offset += length;
  }
  return std::nullopt;
}

Position position_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const std::size_t line_end = before.rfind('\n');
  const std::string_view line =
      line_end == std::string_view::npos ? before : before.substr(line_end + 1);
  Position position;
  position.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  position.column += static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return !is_continuation(c); }));
  return position;
}

std::string shown(std::string_view text) {
  std::string result(platform::beginning(text, max_shown_bytes));
  std::replace_if(result.begin(), result.end(), is_control, '?');
  if (result.size() < text.size()) result += "...";
  return result;
}

}  // namespace console_policy::config
