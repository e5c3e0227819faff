// SPDX-License-Identifier: Apache-2.0
#include "service/identity/static_identity.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <utility>

namespace console_policy::identity {
namespace {

std::optional<std::uint8_t> nibble(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

}  // namespace

Sha256 sha256(std::string_view text) {
  Sha256 digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

std::string hex(const Sha256& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 0x0fU];
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

StaticIdentity::StaticIdentity(std::vector<StaticEntry> entries, platform::Clock clock)
    : entries_(std::move(entries)), clock_(std::move(clock)) {
  for (StaticEntry& entry : entries_) entry.caller.may_state_domain = true;
}

void StaticIdentity::authenticate(const Presented& presented, Done done) {
  const Sha256 digest = sha256(presented.token.secret());
  const StaticEntry* found = nullptr;
  for (const StaticEntry& entry : entries_) {
    if (CRYPTO_memcmp(digest.data(), entry.token_hash.data(), digest.size()) == 0) {
      found = &entry;
    }
  }
  const bool good = found != nullptr && !(found->caller.expires_at.has_value() &&
                                          *found->caller.expires_at <= clock_());
  if (!good) {
    done(Error{ErrorCode::unauthenticated, "The request you have made requires authentication.",
               found == nullptr ? "no such token" : "token expired"});
    return;
  }
  done(found->caller);
}

std::string StaticIdentity::challenge() const {
  return "Token realm=\"console-policy\"";
}

}  // namespace console_policy::identity
