// SPDX-License-Identifier: Apache-2.0
// The settings of fair use, with their defaults.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace console_policy::api {

struct FairUseOptions {
  // In flight on the workers, of one client address and of one token, each counted by itself:
  // single policies, lists and writes.
  std::size_t requests_at_once{128};
  std::size_t writes_at_once{64};  // of these, writes
  // Proxies, behind which many clients have one address. IPv4 or IPv6 literals; their tokens count.
  std::vector<std::string> exempt_addresses;
  std::size_t writes_per_minute{120};  // of policies, by one user; a batch counts once
};

}  // namespace console_policy::api
