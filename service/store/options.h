// SPDX-License-Identifier: Apache-2.0
// The settings of the store, with their defaults.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace console_policy::store {

// How much is kept of what was seen of instances' consoles. One row is one type of one instance.
struct AvailabilityBounds {
  std::chrono::hours keep{24 * 30};  // since it was seen
  // Beyond it the oldest row of the project that has the most rows goes: nobody can push out the
  // rows of a project that has fewer.
  std::size_t max_rows{2'000'000};
  std::size_t max_rows_per_project{50'000};  // beyond it the project's oldest row goes
};

struct Options {
  std::string url;  // "sqlite:////var/lib/console-policy/policy.db", as SQLAlchemy writes it
  std::size_t sessions{4};  // database sessions kept open for lists; at least 1
  // The same for questions about a few scopes or one instance, each a matter of microseconds. One
  // for each thread that asks, and none of them waits, whatever the lists do; at least 1.
  std::size_t lookup_sessions{2};
  // For a free session, for the turn to write, and for another program's lock, all in all.
  std::chrono::milliseconds wait_timeout{5000};
  AvailabilityBounds availability{};
};

}  // namespace console_policy::store
