// SPDX-License-Identifier: Apache-2.0
// StaticIdentity: callers by a fixed list of token hashes.
//
// Contract: holds hashes, never tokens. A presented token is hashed (SHA-256) and compared with
// every
//           entry in constant time, so that the time taken says nothing about which one was near.
//           Tokens are random and long, so a plain hash is enough; a short one that somebody
//           thought up could be guessed from its hash.
// Errors:   unauthenticated for a token that is not there or has expired; the two look alike.
// Threads:  immutable; safe for concurrent use.
#pragma once

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

 private:
  struct Entry {
    Sha256 token_hash{};
    CallerPtr caller;
  };

  std::vector<Entry> entries_;
  platform::Clock clock_;
};

}  // namespace console_policy::identity
