// SPDX-License-Identifier: Apache-2.0
#include "service/platform/xxh128.h"

#include <xxhash.h>

namespace console_policy::platform {

std::string xxh128(std::string_view bytes) {
  XXH128_canonical_t digest{};
  XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes.data(), bytes.size()));
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(2 * sizeof digest.digest, '0');
  std::size_t at = 0;
  for (const unsigned char byte : digest.digest) {
    text[at++] = digits[byte >> 4U];
    text[at++] = digits[byte & 0x0fU];
  }
  return text;
}

}  // namespace console_policy::platform
