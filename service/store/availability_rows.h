// SPDX-License-Identifier: Apache-2.0
// What is written to the tables availability and availability_count, within a transaction of the
// caller.
//
// Contract: availability_count says at each COMMIT how many rows there are, of each project and in
//           all.
// Errors:   lets soci::soci_error through.
// Threads:  as the session.
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "service/store/options.h"
#include "service/store/seen_rows.h"

namespace console_policy::store {

// The instance, as the columns of its key.
struct InstanceKey {
  std::string project_id;
  std::string instance_id;
};

void store_seen(soci::session& sql, const InstanceKey& key, const SeenRow& row);
void delete_seen(soci::session& sql, const InstanceKey& key);

// Each takes at most `limit` rows, the oldest first, and gives how many.
std::size_t delete_expired(soci::session& sql, long long seen_before, std::size_t limit);
std::size_t delete_beyond(soci::session& sql, const AvailabilityBounds& bounds,
                          const std::string& project_id, std::size_t limit);
std::size_t delete_beyond_all(soci::session& sql, const AvailabilityBounds& bounds,
                              std::size_t limit);

}  // namespace console_policy::store
