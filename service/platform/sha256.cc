// SPDX-License-Identifier: Apache-2.0
#include "service/platform/sha256.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/algorithm/hex.hpp>
#include <cstdlib>

#include "policies/ascii.h"

namespace console_policy::platform {

Sha256 sha256(std::string_view bytes) {
  // Fetched once: SHA256() and EVP_Q_digest() look the algorithm up by name in each call.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Sha256 digest{};
  if (algorithm == nullptr ||
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, algorithm, nullptr) != 1) {
    std::abort();  // A wrong digest could accept a wrong token.
  }
  return digest;
}

std::string hex(const Sha256& digest) {
  std::string text(2 * digest.size(), '0');
  boost::algorithm::hex_lower(digest, text.begin());
  return text;
}

std::optional<Sha256> parse_sha256(std::string_view hex_text) {
  Sha256 digest{};
  if (hex_text.size() != 2 * digest.size() ||
      !std::all_of(hex_text.begin(), hex_text.end(), is_lower_hexadecimal)) {
    return std::nullopt;
  }
  boost::algorithm::unhex(hex_text, digest.begin());
  return digest;
}

}  // namespace console_policy::platform
