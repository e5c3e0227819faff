// SPDX-License-Identifier: Apache-2.0
#include "service/platform/utf8.h"

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

}  // namespace console_policy::platform
