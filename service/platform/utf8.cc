// SPDX-License-Identifier: Apache-2.0
#include "service/platform/utf8.h"

#include <algorithm>
#include <boost/locale/utf.hpp>

namespace console_policy::platform {

bool is_utf8(std::string_view text) {
  using Utf8 = boost::locale::utf::utf_traits<char>;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;  // mostly that is all
  while (at != end) {
    const boost::locale::utf::code_point point = Utf8::decode(at, end);
    if (point == boost::locale::utf::illegal || point == boost::locale::utf::incomplete) {
      return false;
    }
  }
  return true;
}

std::string_view beginning(std::string_view text, std::size_t max_bytes) {
  const auto continues_a_character = [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
  };
  std::size_t end = std::min(text.size(), max_bytes);
  while (end > 0 && end < text.size() && continues_a_character(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace console_policy::platform
