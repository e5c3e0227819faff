// SPDX-License-Identifier: Apache-2.0
#include "service/config/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "policies/ascii.h"

namespace console_policy::config {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Digits without a leading zero.
bool is_whole(std::string_view text) {
  return all_digits(text) && (text.size() == 1 || text.front() != '0');
}

std::uint64_t number_of(std::string_view digits) {
  constexpr std::size_t max_digits = 15;
  if (digits.size() > max_digits) return std::numeric_limits<std::int64_t>::max();
  std::uint64_t number = 0;
  for (const char digit : digits) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  return number;
}

// Whether there was a sign; removes it.
bool take_minus(std::string_view& text) {
  if (text.empty() || text.front() != '-') return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

bool looks_like_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan") return true;
  const std::string_view prefix = text.substr(0, 2);
  if ((prefix == "0x" || prefix == "0o") && text.size() > 2) {
    return text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  }
  const std::size_t exponent = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, exponent);
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (!power.empty() && (power.front() == '-' || power.front() == '+')) power.remove_prefix(1);
    if (!all_digits(power)) return false;
  }
  return mantissa.find_first_of("0123456789") != std::string_view::npos &&
         mantissa.find_first_not_of("0123456789.") == std::string_view::npos &&
         std::count(mantissa.begin(), mantissa.end(), '.') <= 1;
}

bool looks_like_truth_value(std::string_view text) {
  std::string lower(text.substr(0, 6));
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  constexpr std::array<std::string_view, 6> words{"true", "false", "yes", "no", "on", "off"};
  return std::find(words.begin(), words.end(), lower) != words.end();
}

bool quotes_closed(std::string_view text) {
  if (text.empty() || (text.front() != '\'' && text.front() != '"')) return true;
  const char quote = text.front();
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || text.substr(i + 1, 1) != "'") return true;
      ++i;
    }
  }
  return false;
}

std::optional<ScalarNumber> whole_number_in(std::string_view text) {
  const bool negative = take_minus(text);
  if (!is_whole(text)) return std::nullopt;
  return ScalarNumber{negative, number_of(text)};
}

std::optional<ScalarNumber> milliseconds_in(std::string_view text) {
  const bool negative = take_minus(text);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string decimals =
      point == std::string_view::npos ? "0" : std::string(text.substr(point + 1));
  if (!is_whole(whole) || !all_digits(decimals) || decimals.size() > 3) return std::nullopt;
  decimals.resize(3, '0');
  return ScalarNumber{negative, number_of(std::string(whole) + decimals)};
}

}  // namespace console_policy::config
