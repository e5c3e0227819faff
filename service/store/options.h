// SPDX-License-Identifier: Apache-2.0
// The settings of the store, with their defaults.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace console_policy::store {

// How many observations of consoles the database keeps. One row is one type of one instance.
struct AvailabilityBounds {
  std::chrono::hours keep{24 * 30};  // since the observation
  // Beyond max_rows, the oldest rows of the projects with the most rows are deleted, so that a
  // project cannot push out the rows of a smaller one.
  std::size_t max_rows{1'000'000};
  std::size_t max_rows_per_project{50'000};  // beyond it, the oldest rows of the project
};

struct Options {
  // As SQLAlchemy writes it: "sqlite:////var/lib/console-policy/policy.db" or
  // "mysql://user@host:3306/console_policy?ssl_ca=/etc/ssl/certs/galera-ca.pem".
  std::string url;
  std::string password_file;  // of the user in a mysql URL; mode 0600; empty: no password
  // Of a shared database: where the last known policies are kept for a start during an outage.
  // Empty: nowhere.
  std::string snapshot_file;
  std::size_t sessions{4};  // database sessions kept open for reads; at least 1
  // The deadline of one operation: for a free session, for other writers and for retries. A network
  // database may add the time of one statement, which has the same limit.
  std::chrono::milliseconds wait_timeout{5000};
  std::chrono::milliseconds poll_interval{500};  // how often the follower reads the revision
  std::size_t max_policies{1'000'000};
  std::size_t max_policies_per_project{5'000};  // its own policy and those of its instances
  std::chrono::hours keep_changes{24 * 400};    // rows of the change log
  AvailabilityBounds availability{};
};

}  // namespace console_policy::store
