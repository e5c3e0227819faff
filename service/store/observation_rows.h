// SPDX-License-Identifier: Apache-2.0
// Observations in the database: written in batches, read by batch and by time.
//
// Contract: next_batch() comes first in a transaction that writes. Its row stays locked until COMMIT,
//           so batches become visible in the order of their numbers.
// Errors:   internal, naming the row, when it is not what a daemon writes; where rows are read for
//           memory, such a row is left out. Lets soci::soci_error through.
// Threads:  as the session: one at a time.
#pragma once

#include <soci/soci.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "service/store/store.h"

namespace console_policy::store {

struct InstanceKey {
  std::string project_id;
  std::string instance_id;
};

long long next_batch(soci::session& sql);
void write_observations(soci::session& sql, const std::vector<SeenOfInstance>& rows,
                        long long batch);
void delete_observations(soci::session& sql, const InstanceKey& key, long long batch);

// What was written after batch `after`, up to batch `to`.
std::vector<SeenOfInstance> observations_between(soci::session& sql, long long after, long long to);
std::vector<InstanceKey> forgotten_between(soci::session& sql, long long after, long long to);

// The time of the oldest of the `count` newest observations; nothing when there is none.
std::optional<long long> oldest_of_newest(soci::session& sql, std::size_t count);
// At most `limit`, in the order of their time.
std::vector<SeenOfInstance> observations_since(soci::session& sql, long long time,
                                               std::size_t limit);

// Deletes at most `limit` rows. How many were deleted.
std::size_t delete_observations_before(soci::session& sql, long long time, std::size_t limit);
std::size_t delete_oldest_observations(soci::session& sql, const std::string& project_id,
                                       std::size_t limit);
// Projects with more than `rows` observations, the largest first, and how many they have.
struct ProjectRows {
  std::string project_id;
  std::size_t rows{0};
};
std::vector<ProjectRows> projects_beyond(soci::session& sql, std::size_t rows);
std::size_t count_all_observations(soci::session& sql);

}  // namespace console_policy::store
