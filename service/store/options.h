// SPDX-License-Identifier: Apache-2.0
// The settings of the store, with their defaults.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace console_policy::store {

struct Options {
  std::string url;  // "sqlite:////var/lib/console-policy/policy.db", as SQLAlchemy writes it
  std::size_t sessions{4};  // database sessions kept open
  std::chrono::milliseconds wait_timeout{
      5000};  // for a free session, or for another process's write lock
};

}  // namespace console_policy::store
