// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_health.h"

#include <utility>

namespace console_policy::identity {

KeystoneHealth::KeystoneHealth(const KeystoneOptions& options, KeystoneClient& client,
                               std::function<bool()> static_tokens, platform::Clock clock)
    : believed_for_(options.token_cache),
      client_(client),
      static_tokens_(std::move(static_tokens)),
      clock_(std::move(clock)) {}

Result<std::string> KeystoneHealth::check() {
  const KeystoneStanding known = client_.standing();
  const Timestamp now = clock_();
  if (!known.heard_at.has_value() || *known.heard_at + probe_after <= now) client_.probe();
  if (!known.failing) return std::string();
  if (static_tokens_()) return std::string("it cannot be asked; static tokens work");
  if (known.answered_at.has_value() && now < *known.answered_at + believed_for_) {
    return std::string("it cannot be asked; whom it vouched for lately goes on");
  }
  return Error{ErrorCode::unavailable, "it cannot be asked", {}};
}

}  // namespace console_policy::identity
