// SPDX-License-Identifier: Apache-2.0
// Observations in the database: written in batches, read by batch and by time.
//
// Contract: next_batch() comes first in a transaction that writes. Its row stays locked until
//           COMMIT, so batches become visible in the order of their numbers.
// Errors:   rows that cannot be read (of a newer version) are left out; lets soci::soci_error
//           through.
// Threads:  as the session: one at a time.
#pragma once

#include <soci/soci.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/store/observation_map.h"
#include "service/store/store.h"

namespace console_policy::store {

// How many batches forgotten instances are kept: at one batch a second and daemon, longer than a
// daemon is away and still has its memory.
constexpr long long batches_remembered = 10'000;

long long newest_batch(soci::session& sql);
long long next_batch(soci::session& sql);
void write_observations(soci::session& sql, const std::vector<SeenOfInstance>& rows,
                        long long batch);
void delete_observations(soci::session& sql, const InstanceKey& key);
// For the other daemons.
void mark_forgotten(soci::session& sql, const InstanceKey& key, long long batch);

// What was written after batch `after`, up to batch `to`.
std::vector<SeenOfInstance> observations_between(soci::session& sql, long long after, long long to);
std::vector<ForgottenInstance> forgotten_between(soci::session& sql, long long after, long long to);

// The time of the oldest of the `count` newest observations; nothing when there is none.
std::optional<long long> oldest_of_newest(soci::session& sql, std::size_t count);
// At most `limit`, in the order of their time.
std::vector<SeenOfInstance> observations_since(soci::session& sql, long long time,
                                               std::size_t limit);

// The counts of a day, in place of those of an earlier hour of it.
void write_history(soci::session& sql, const std::string& day,
                   const std::map<std::vector<ConsoleType>, std::int64_t>& counts);
void delete_history_before(soci::session& sql, const std::string& day);
std::vector<OpenedOnDay> read_history(soci::session& sql, const std::string& since_day);

}  // namespace console_policy::store
