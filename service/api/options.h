// SPDX-License-Identifier: Apache-2.0
// The settings of the API, with their defaults. service/config reads them, schema/ documents them.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace console_policy::api {

// Which headers the proxy in front of the service sets. All others are the client's.
enum class ProxyHeaders {
  none,         // there is no proxy
  forwarded,    // Forwarded (RFC 7239)
  x_forwarded,  // X-Forwarded-For and X-Forwarded-Prefix
};

struct FairUseOptions {
  // In flight on the workers, of one client address and of one token, each counted by itself:
  // single policies, lists and writes.
  std::size_t requests_at_once{128};
  std::size_t writes_at_once{64};  // of these, writes
  // Proxies, behind which many clients have one address. IPv4 or IPv6 literals; their tokens count.
  std::vector<std::string> exempt_addresses;
  std::size_t writes_per_minute{120};  // of policies, by one user; a batch counts once
};

// How much availability is kept is up to the store (service/store/options.h).
struct AvailabilityOptions {
  // How long an observation counts: a host's settings can change without moving the fingerprint.
  std::chrono::milliseconds max_age{std::chrono::hours(24)};
  std::size_t reports_per_minute{30};  // of one instance
};

}  // namespace console_policy::api
