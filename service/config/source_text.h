// SPDX-License-Identifier: Apache-2.0
// What is checked in the text of a file before a YAML parser sees it, and where an offset stands.
//
// Contract: pure. YAML parsers differ on, or let through, what find_fault() refuses: bytes that are
//           not UTF-8, control characters other than tab and line ends, a carriage return without
//           a line feed, a tab in the indentation of a line with content.
// Units:    offsets are bytes from 0; lines and columns count from 1, columns in characters.
// Threads:  free functions on values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace console_policy::config {

struct Fault {
  std::size_t offset{0};
  std::string what;
};

struct Position {
  std::size_t line{1};
  std::size_t column{1};
};

std::optional<Fault> find_fault(std::string_view text);

// An offset beyond the end stands at the end.
Position position_at(std::string_view text, std::size_t offset);

// True for U+0000 to U+001F and U+007F.
bool is_control(char character);

// `text` as it may stand in a message: cut after max_shown_bytes, control characters as '?'.
inline constexpr std::size_t max_shown_bytes = 64;
std::string shown(std::string_view text);

}  // namespace console_policy::config
