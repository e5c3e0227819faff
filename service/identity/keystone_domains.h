// SPDX-License-Identifier: Apache-2.0
// KeystoneDomains: project domains as Keystone knows them.
//
// Contract: a project never changes its domain, so an answer is believed for options.token_cache;
//           that there is no such project is remembered for unknown_for. One question in flight
//           for each project, at most options.max_validations at once, beyond that unavailable.
// Threads:  safe for concurrent use, never blocks.
// Lifetime: borrows the client, whose finish() comes before this goes.
#pragma once

#include <chrono>

#include "service/identity/expiring_cache.h"
#include "service/identity/keystone_client.h"
#include "service/identity/project_domains.h"
#include "service/identity/single_flight.h"

namespace console_policy::identity {

class KeystoneDomains final : public ProjectDomains {
 public:
  static constexpr std::size_t max_projects = 10'000;
  static constexpr std::chrono::seconds unknown_for{10};

  KeystoneDomains(const KeystoneOptions& options, KeystoneClient& client, platform::Clock clock);

  void domain_of(const ProjectId& project, const std::string& request_id, Done done) override;

 private:
  using Domain = std::optional<std::string>;

  void remember(const ProjectId& project, const Result<Domain>& said);

  const std::chrono::milliseconds believed_for_;
  KeystoneClient& client_;
  const platform::Clock clock_;
  ExpiringCache<ProjectId, Domain> cache_;
  SingleFlight<ProjectId, Domain> flights_;
};

}  // namespace console_policy::identity
