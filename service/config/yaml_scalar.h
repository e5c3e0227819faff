// SPDX-License-Identifier: Apache-2.0
// What YAML 1.1 and 1.2 take the text of a scalar for, and the numbers that this service accepts.
//
// Contract: pure. A plain scalar that looks like a number or a truth value is never taken for text.
// Threads:  free functions on values.
// Source:   yaml.org/spec/1.2.2, 10.3; yaml.org/type/{int,float,bool}.html.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace console_policy::config {

bool looks_like_number(std::string_view text);
bool looks_like_truth_value(std::string_view text);

// Whether the scalar at the start of `text` has its closing quote, if it is in quotes: yaml-cpp
// accepts the end of the text in its place.
bool quotes_closed(std::string_view text);

// Beyond 15 digits `value` is the largest number, which no range includes.
struct ScalarNumber {
  bool negative{false};
  std::uint64_t value{0};
};

// Decimal digits without a leading zero; nothing for any other text.
std::optional<ScalarNumber> whole_number_in(std::string_view text);
// The same with at most three decimals, as seconds: "1.5" is 1500.
std::optional<ScalarNumber> milliseconds_in(std::string_view text);

}  // namespace console_policy::config
