// SPDX-License-Identifier: Apache-2.0
#include "service/identity/static_identity.h"

#include <openssl/crypto.h>

#include <utility>

namespace console_policy::identity {

StaticIdentity::StaticIdentity(std::vector<StaticEntry> entries, platform::Clock clock)
    : clock_(std::move(clock)) {
  entries_.reserve(entries.size());
  for (StaticEntry& entry : entries) {
    entry.caller.may_state_domain = true;
    entries_.push_back({entry.token_hash, std::make_shared<const Caller>(std::move(entry.caller))});
  }
}

void StaticIdentity::authenticate(const Presented& presented, Done done) {
  const Sha256& digest = presented.token.hash();
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (CRYPTO_memcmp(digest.data(), entry.token_hash.data(), digest.size()) == 0) {
      found = &entry;
    }
  }
  const bool good = found != nullptr && !(found->caller->expires_at.has_value() &&
                                          *found->caller->expires_at <= clock_());
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
