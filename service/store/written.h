// SPDX-License-Identifier: Apache-2.0
// What a transaction has written: for who keeps it in memory.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policies/record.h"
#include "policies/scope.h"

namespace console_policy::store {

struct WrittenPolicies {
  struct Change {
    Scope scope;
    std::string body;  // empty: no policy any more
  };
  std::vector<Change> changes;       // in their order; the last one at a scope counts
  std::optional<Revision> revision;  // the counter's; nothing when it was not touched
};

// Of what was seen: the rows of one instance (none when the ids are empty), and perhaps of others.
struct WrittenSeen {
  std::string project_id;
  std::string instance_id;
  bool others{false};
};

struct Written {
  WrittenPolicies policies;
  WrittenSeen seen;
};

}  // namespace console_policy::store
