// SPDX-License-Identifier: Apache-2.0
#include "service/identity/static_identity.h"

#include <openssl/crypto.h>

#include <atomic>
#include <utility>

namespace console_policy::identity {
namespace {

Error refused(std::string why) {
  return Error{ErrorCode::unauthenticated, "The request you have made requires authentication.",
               std::move(why)};
}

}  // namespace

StaticIdentity::StaticIdentity(std::vector<StaticEntry> entries, platform::Clock clock)
    : clock_(std::move(clock)) {
  replace(std::move(entries));
}

void StaticIdentity::replace(std::vector<StaticEntry> entries) {
  auto next = std::make_shared<std::vector<Entry>>();
  next->reserve(entries.size());
  for (StaticEntry& entry : entries) {
    entry.caller.may_state_domain = true;
    next->push_back({entry.token_hash, std::make_shared<const Caller>(std::move(entry.caller))});
  }
  std::atomic_store(&entries_, Entries(std::move(next)));
}

bool StaticIdentity::empty() const {
  return std::atomic_load(&entries_)->empty();
}

CallerPtr StaticIdentity::find(const Token& token) const {
  const Entries entries = std::atomic_load(&entries_);
  const Sha256& digest = token.hash();
  CallerPtr found;
  for (const Entry& entry : *entries) {
    if (CRYPTO_memcmp(digest.data(), entry.token_hash.data(), digest.size()) == 0) {
      found = entry.caller;
    }
  }
  return found;
}

bool StaticIdentity::knows(const Token& token) const {
  return find(token) != nullptr;
}

void StaticIdentity::authenticate(const Presented& presented, Done done) {
  CallerPtr found = find(presented.token);
  if (found == nullptr) return done(refused("no such token"));
  if (found->expires_at.has_value() && *found->expires_at <= clock_()) {
    return done(refused("token expired"));
  }
  done(std::move(found));
}

std::string StaticIdentity::challenge() const {
  return "Token realm=\"console-policy\"";
}

void EitherIdentity::authenticate(const Presented& presented, Done done) {
  if (static_tokens_.knows(presented.token)) {
    return static_tokens_.authenticate(presented, std::move(done));
  }
  if (presented.service_token.has_value() && static_tokens_.knows(*presented.service_token)) {
    return done(refused("X-Service-Token is a static token, which Keystone cannot know"));
  }
  keystone_.authenticate(presented, std::move(done));
}

}  // namespace console_policy::identity
