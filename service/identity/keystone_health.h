// SPDX-License-Identifier: Apache-2.0
// KeystoneHealth: whether Keystone's state is a reason to send requests elsewhere.
//
// Contract: check() returns what is known, and never waits. Success without a remark: the last
//           question about a token was answered, or none was put yet. Success with a remark:
//           Keystone cannot be asked, but some callers can still be served: static tokens, if there
//           are any, and for options.token_cache after the last answer whomever it vouched for.
//           Unavailable: no caller can be authenticated any more.
//           The result is never older than probe_after and one question: if it is, check() has
//           Keystone asked aside.
// Threads:  safe for concurrent use. Lifetime: borrows the client.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "service/identity/keystone_client.h"

namespace console_policy::identity {

class KeystoneHealth final {
 public:
  static constexpr std::chrono::seconds probe_after{5};

  // `static_tokens`: whether there are tokens that need no Keystone.
  KeystoneHealth(const KeystoneOptions& options, KeystoneClient& client,
                 std::function<bool()> static_tokens, platform::Clock clock);

  Result<std::string> check();

 private:
  const std::chrono::milliseconds believed_for_;
  KeystoneClient& client_;
  const std::function<bool()> static_tokens_;
  const platform::Clock clock_;
};

}  // namespace console_policy::identity
