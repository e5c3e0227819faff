// SPDX-License-Identifier: Apache-2.0
// The settings of learned availability, with their defaults. What is kept is the store's
// (service/store/options.h).
#pragma once

#include <chrono>
#include <cstddef>

namespace console_policy::api {

struct AvailabilityOptions {
  // How long an observation counts: a host's settings can change without moving the fingerprint.
  std::chrono::milliseconds max_age{std::chrono::hours(24)};
  std::size_t reports_per_minute{30};  // of one instance
};

}  // namespace console_policy::api
