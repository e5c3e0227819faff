// SPDX-License-Identifier: Apache-2.0
// The settings of fair use, with their defaults.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace console_policy::api {

// Of one client address, and of one token, each counted by itself.
struct FairUseOptions {
  std::size_t requests_at_once{128};  // under way on a worker: lists and writes
  std::size_t writes_at_once{64};     // of these, writes
  // Proxies, behind which many clients have one address. IPv4 or IPv6 literals; their tokens count.
  std::vector<std::string> exempt_addresses;
};

}  // namespace console_policy::api
