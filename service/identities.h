// SPDX-License-Identifier: Apache-2.0
// Identities: the identity that the configuration describes: static tokens, Keystone, or
// static tokens first and then Keystone.
#pragma once

#include <memory>

#include "policies/result.h"
#include "service/config/config.h"
#include "service/identity/identity.h"
#include "service/identity/keystone_client.h"
#include "service/identity/keystone_health.h"
#include "service/identity/project_domains.h"
#include "service/identity/static_identity.h"

namespace console_policy {

class Identities final {
 public:
  // Reads the tokens file and the service's own secret, and returns what is wrong with them. Makes
  // and sends nothing.
  static Status check(const config::Config& settings);

  // Makes the tokens file on a first start (shipped.h). Keystone is not asked yet: it may start
  // later than this service.
  static Result<std::unique_ptr<Identities>> start(const config::Config& settings);
  ~Identities();
  Identities(const Identities&) = delete;
  Identities& operator=(const Identities&) = delete;

  identity::Identity& identity();
  // Null without Keystone.
  identity::ProjectDomains* project_domains();
  identity::KeystoneHealth* keystone_health();

  // Reads the tokens file again. On an error the entries in force stay.
  Status reload_tokens(const config::Config& settings);

  // Answers every request that waits for Keystone; no callback runs after it.
  void finish();

 private:
  Identities() = default;
  void add_keystone(const identity::KeystoneOptions& options);

  // In the order in which they stand on each other.
  std::unique_ptr<identity::KeystoneClient> client_;
  std::unique_ptr<identity::StaticIdentity> static_;
  std::unique_ptr<identity::Identity> keystone_;
  std::unique_ptr<identity::Identity> either_;
  std::unique_ptr<identity::ProjectDomains> domains_;
  std::unique_ptr<identity::KeystoneHealth> health_;
};

}  // namespace console_policy
