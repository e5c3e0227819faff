// SPDX-License-Identifier: Apache-2.0
#include "service/platform/json_escapes.h"

#include <charconv>

namespace console_policy::platform {
namespace {

// The \u escape that `text` begins with; 0 when it begins with none. No half of a pair is 0.
unsigned escaped_unit(std::string_view text) {
  constexpr std::size_t length = 6;
  if (text.size() < length || text[0] != '\\' || text[1] != 'u') return 0;
  unsigned unit = 0;
  const char* const end = text.data() + length;
  return std::from_chars(text.data() + 2, end, unit, 16).ptr == end ? unit : 0;
}

bool is_high(unsigned unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}

bool is_low(unsigned unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

}  // namespace

bool surrogates_are_paired(std::string_view json) {
  constexpr std::size_t length = 6;
  for (std::size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at)) {
    const unsigned unit = escaped_unit(json.substr(at));
    if (is_low(unit)) return false;
    if (!is_high(unit)) {
      at += 2;  // the backslash, and what it escapes
    } else if (is_low(escaped_unit(json.substr(at + length)))) {
      at += 2 * length;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace console_policy::platform
