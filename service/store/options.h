// SPDX-License-Identifier: Apache-2.0
// The settings of the store, with their defaults.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace console_policy::store {

struct Options {
  std::string url;  // "sqlite:////var/lib/console-policy/policy.db", as SQLAlchemy writes it
  std::size_t sessions{4};  // database sessions kept open; at least 1
  // For a free session, for the turn to write, and for another program's lock, all in all.
  std::chrono::milliseconds wait_timeout{5000};
};

}  // namespace console_policy::store
