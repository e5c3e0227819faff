// SPDX-License-Identifier: Apache-2.0
// The snapshot file: the last known policies, for a start while a shared database is away.
//
// Contract: a file is whole or not there: it is written beside its name, synced and renamed, mode
//           0600. The text is one header line, one line for each policy (scope, owner id, instance
//           id and body, divided by tabs), and a last line with their number.
// Errors:   unavailable or invalid_request; the message names the file.
// Threads:  free functions.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "policies/result.h"
#include "service/store/policy_map.h"

namespace console_policy::store {

struct Snapshot {
  PolicyTable policies;
  Position position;
  Timestamp written_at;
};

Status write_snapshot_file(const std::string& path,
                           const std::vector<std::pair<Scope, PolicyPtr>>& policies,
                           const Position& position);
Result<Snapshot> read_snapshot_file(const std::string& path);

}  // namespace console_policy::store
