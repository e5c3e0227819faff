// SPDX-License-Identifier: Apache-2.0
// KeystoneIdentity: callers by their Keystone tokens.
//
// Contract: one validation in flight for each token, however many requests wait for it; at most
//           options.max_validations at once, half of them for one client address; beyond that
//           unavailable at once. Keystone's answer
//           is kept as TokenCache describes, so a revoked token is refused after at most
//           options.token_cache. An expired user token is taken only with a service token that is
//           good and has the role service_role; a service token that is not so is refused itself.
//           With one, an application credential's own rules do not count (keystonemiddleware does
//           the same).
// Errors:   unauthenticated: Keystone refuses the token. unavailable: it could not be asked.
// Threads:  safe for concurrent use, never blocks.
// Lifetime: borrows the client, whose finish() comes before this goes.
#pragma once

#include <string>
#include <string_view>

#include "service/identity/keystone_client.h"
#include "service/identity/single_flight.h"
#include "service/identity/token_cache.h"

namespace console_policy::identity {

class KeystoneIdentity final : public Identity {
 public:
  static constexpr std::string_view service_role = "service";

  KeystoneIdentity(const KeystoneOptions& options, KeystoneClient& client, platform::Clock clock);

  void authenticate(const Presented& presented, Done done) override;
  std::string challenge() const override;

 private:
  void validate(const Token& token, Expired expired, const Presented& presented, Done done);
  Result<CallerPtr> judge(Result<Caller> said, Expired expired) const;

  const std::string uri_;
  KeystoneClient& client_;
  const platform::Clock clock_;
  TokenCache cache_;
  SingleFlight<Sha256, CallerPtr> flights_;
};

}  // namespace console_policy::identity
