// SPDX-License-Identifier: Apache-2.0
// ASCII character classes. <cctype> depends on the locale.
#pragma once

namespace console_policy {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_lower_hexadecimal(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}

constexpr bool is_hexadecimal(char c) {
  return is_lower_hexadecimal(c) || (c >= 'A' && c <= 'F');
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

}  // namespace console_policy
