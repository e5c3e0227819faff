// SPDX-License-Identifier: Apache-2.0
// StaticIdentity: callers by a list of token hashes. EitherIdentity: static tokens first, then
// Keystone's, so that static tokens work while Keystone is away.
//
// Contract: holds hashes, never tokens. A token is hashed (SHA-256) and compared with every entry
// in
//           constant time, so that the time does not show which one was near. Tokens are
//           random and long, so a plain hash is enough. A static token that is refused (expired) is
//           never sent to Keystone, whether it comes as X-Auth-Token or as X-Service-Token.
// Errors:   unauthenticated for a token that is unknown or has expired; the two look alike.
// Threads:  safe for concurrent use.
#pragma once

#include <memory>
#include <vector>

#include "service/identity/identity.h"
#include "service/platform/sha256.h"
#include "service/platform/time_text.h"

namespace console_policy::identity {

using platform::hex;
using platform::parse_sha256;
using platform::Sha256;
using platform::sha256;

struct StaticEntry {
  Sha256 token_hash{};
  Caller caller;
};

class StaticIdentity final : public Identity {
 public:
  StaticIdentity(std::vector<StaticEntry> entries, platform::Clock clock);

  void authenticate(const Presented& presented, Done done) override;
  std::string challenge() const override;

  // Whether there is an entry for the token, expired or not.
  bool knows(const Token& token) const;
  bool empty() const;
  // From now on these entries count, and no others.
  void replace(std::vector<StaticEntry> entries);

 private:
  struct Entry {
    Sha256 token_hash{};
    CallerPtr caller;
  };
  using Entries = std::shared_ptr<const std::vector<Entry>>;

  CallerPtr find(const Token& token) const;  // null: no entry

  Entries entries_;  // with std::atomic_load and std::atomic_store
  const platform::Clock clock_;
};

// Lifetime: borrows both.
class EitherIdentity final : public Identity {
 public:
  EitherIdentity(StaticIdentity& static_tokens, Identity& keystone)
      : static_tokens_(static_tokens), keystone_(keystone) {}

  void authenticate(const Presented& presented, Done done) override;
  std::string challenge() const override { return keystone_.challenge(); }

 private:
  StaticIdentity& static_tokens_;
  Identity& keystone_;
};

}  // namespace console_policy::identity
