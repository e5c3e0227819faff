// SPDX-License-Identifier: Apache-2.0
// Identity: the caller behind a token.
//
// Contract: authenticate() calls `done` exactly once, now or later, with the caller or with why
// there is
//           none: unauthenticated (the token is refused) is never confused with unavailable (it
//           could not be asked whether it is good). A caller whose token has expired is never
//           given, unless a good service token came with it.
// Threads:  safe for concurrent use; must not block the calling thread. `done` may run on another
//           thread; it must not throw.
// Lifetime: outlives every call in flight. `presented` is not copied: it lives until `done` has
// been
//           called.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/access.h"
#include "policies/policy.h"
#include "policies/result.h"
#include "service/identity/access_rules.h"
#include "service/platform/sha256.h"

namespace console_policy::identity {

// A secret. It has no text form on purpose: nothing can log it by accident. Known by its hash to
// code that only has to distinguish it from others.
class Token final {
 public:
  explicit Token(std::string secret)
      : secret_(std::move(secret)), hash_(platform::sha256(secret_)) {}
  std::string_view secret() const { return secret_; }
  const platform::Sha256& hash() const { return hash_; }

 private:
  std::string secret_;
  platform::Sha256 hash_;
};

// What came with a request: X-Auth-Token, and X-Service-Token when another service passes a user's
// token on.
struct Presented {
  // NOLINTNEXTLINE(google-explicit-constructor): a user's token alone is the common case.
  Presented(Token user, std::optional<Token> service = std::nullopt)
      : token(std::move(user)), service_token(std::move(service)) {}

  Token token;
  std::optional<Token> service_token;
  // What the request is called in the log of the service that is asked: "req-" and a UUID, or
  // empty.
  std::string request_id{};
  // Validations in flight are bounded by it; empty: not for this client alone.
  std::string client_address{};
};

struct Caller {
  std::string user_id;
  std::optional<std::string> user_domain_id;
  // What the token is scoped to: a project, or a domain, or the system, or nothing.
  std::optional<std::string> project_id;
  std::optional<std::string> project_domain_id;  // that project's domain
  std::optional<std::string> domain_id;
  std::optional<std::string> system_scope;  // "all"
  std::vector<std::string> roles;
  std::optional<Timestamp> expires_at;
  // The common name in the client certificate that the request's connection has shown.
  std::optional<std::string> client_name{};
  // Whether domain_id as a request's parameter is believed (static identity knows no other
  // projects).
  bool may_state_domain{false};
  // Of an application credential that may be used for these requests only (access_rules.h); null:
  // for any.
  std::shared_ptr<const std::vector<ApplicationRule>> application_rules;

  // By oslo.policy's names, for the rules of policies/access.yaml. Alive as long as this.
  Credentials credentials() const;
};

// Shared by the requests that came with the same token, and by the cache of tokens.
using CallerPtr = std::shared_ptr<const Caller>;

class Identity {
 public:
  using Done = std::function<void(Result<CallerPtr>)>;  // never null

  virtual ~Identity() = default;
  virtual void authenticate(const Presented& presented, Done done) = 0;

  // The value of WWW-Authenticate in a 401.
  virtual std::string challenge() const = 0;
};

}  // namespace console_policy::identity
