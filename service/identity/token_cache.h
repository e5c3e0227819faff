// SPDX-License-Identifier: Apache-2.0
// TokenCache: Keystone's answers about tokens.
//
// Contract: keyed by a SHA-256, never by the token. An accepted token is believed for
//           `believed_for`, and never past its own expiry unless expired ones are allowed; a
//           refused one for refused_for. Both bounded, apart from each other, so that a flood of
//           bad tokens drives no good one out.
// Threads:  safe for concurrent use.
// Source:   keystonemiddleware:auth_token/_cache.py.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>

#include "service/identity/expiring_cache.h"
#include "service/identity/identity.h"
#include "service/identity/keystone_client.h"
#include "service/identity/static_identity.h"

namespace console_policy::identity {

class TokenCache final {
 public:
  static constexpr std::chrono::seconds refused_for{10};

  TokenCache(std::size_t max_tokens, std::chrono::milliseconds believed_for);

  // The caller, or unauthenticated; nullopt when Keystone has to be asked.
  std::optional<Result<CallerPtr>> find(const Sha256& key, Timestamp now);

  // Keystone's answer at `now`. Only callers and unauthenticated are remembered: that Keystone
  // was away is no answer about the token.
  void remember(const Sha256& key, const Result<CallerPtr>& said, Expired expired, Timestamp now);

 private:
  const std::chrono::milliseconds believed_for_;
  ExpiringCache<Sha256, CallerPtr> accepted_;
  ExpiringCache<Sha256, Error> refused_;
};

}  // namespace console_policy::identity
