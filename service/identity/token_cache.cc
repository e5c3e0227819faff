// SPDX-License-Identifier: Apache-2.0
#include "service/identity/token_cache.h"

#include <algorithm>

namespace console_policy::identity {

TokenCache::TokenCache(std::size_t max_tokens, std::chrono::milliseconds believed_for)
    : believed_for_(believed_for), accepted_(max_tokens), refused_(max_tokens) {}

std::optional<Result<CallerPtr>> TokenCache::find(const Sha256& key, Timestamp now) {
  const auto accepted = accepted_.find(key, now);
  if (accepted.has_value()) return Result<CallerPtr>(*accepted);
  const auto refused = refused_.find(key, now);
  if (refused.has_value()) return Result<CallerPtr>(*refused);
  return std::nullopt;
}

void TokenCache::remember(const Sha256& key, const Result<CallerPtr>& said, Expired expired,
                          Timestamp now) {
  if (!said.ok()) {
    if (said.error().code == ErrorCode::unauthenticated) {
      refused_.put(key, said.error(), now, now + refused_for);
    }
    return;
  }
  Timestamp good_until = now + believed_for_;
  const std::optional<Timestamp> expires_at = said.value()->expires_at;
  if (expired == Expired::refused && expires_at.has_value()) {
    good_until = std::min(good_until, *expires_at);
  }
  accepted_.put(key, said.value(), now, good_until);
}

}  // namespace console_policy::identity
