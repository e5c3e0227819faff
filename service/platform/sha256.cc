// SPDX-License-Identifier: Apache-2.0
#include "service/platform/sha256.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace console_policy::platform {
namespace {

std::optional<std::uint8_t> nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

Sha256 sha256(std::string_view text) {
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  struct FreeDigest {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  };
  // SHA256() finds the algorithm by its name and makes a context each time: more work than the
  // hashing of a token.
  static const std::unique_ptr<EVP_MD, FreeDigest> algorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  Sha256 digest{};
  const bool done = algorithm != nullptr && context != nullptr &&
                    EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), text.data(), text.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  if (!done) std::abort();  // a hash that is wrong would let the wrong one in
  return digest;
}

std::string hex(const Sha256& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(2 * digest.size(), '0');
  for (std::size_t i = 0; i < digest.size(); ++i) {
    text[2 * i] = digits[digest[i] >> 4U];
    text[2 * i + 1] = digits[digest[i] & 0x0fU];
  }
  return text;
}

std::optional<Sha256> parse_sha256(std::string_view hex_text) {
  Sha256 digest{};
  if (hex_text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const auto high = nibble(hex_text[2 * i]);
    const auto low = nibble(hex_text[2 * i + 1]);
    if (!high.has_value() || !low.has_value()) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>((*high << 4U) | *low);
  }
  return digest;
}

}  // namespace console_policy::platform
