// SPDX-License-Identifier: Apache-2.0
// Identity: who is behind a token.
//
// Contract: authenticate() calls `done` exactly once, now or later, with the caller or with why
// there is
//           none: unauthenticated (the token is refused) is never confused with unavailable (it
//           could not be asked whether it is good). A caller whose token has expired is never
//           given.
// Threads:  safe for concurrent use; must not block the calling thread. `done` may run on another
// thread. Lifetime: outlives every call under way.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/access.h"
#include "policies/policy.h"
#include "policies/result.h"

namespace console_policy::identity {

// A secret. It has no text form on purpose: nothing can log it by accident.
class Token final {
 public:
  explicit Token(std::string secret) : secret_(std::move(secret)) {}
  std::string_view secret() const { return secret_; }

 private:
  std::string secret_;
};

struct Caller {
  std::string user_id;
  std::optional<std::string> project_id;         // the project the token is scoped to
  std::optional<std::string> project_domain_id;  // that project's domain
  std::vector<std::string> roles;
  std::optional<Timestamp> expires_at;
  // Whether domain_id as a request's parameter is believed (static identity knows no other
  // projects).
  bool may_state_domain{false};

  // By oslo.policy's names, for the access rules.
  Credentials credentials() const;
};

class Identity {
 public:
  using Done = std::function<void(Result<Caller>)>;

  virtual ~Identity() = default;
  virtual void authenticate(const Token& token, Done done) = 0;

  // The value of WWW-Authenticate in a 401.
  virtual std::string challenge() const = 0;
};

}  // namespace console_policy::identity
