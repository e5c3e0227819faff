// SPDX-License-Identifier: Apache-2.0
// StoredPolicy and Change: the stored form of a policy and of each accepted write.
//
// Units:    Revision numbers the accepted writes 1, 2, 3, … in the order they were accepted; 0 is
//           "none yet".
// Threads:  plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policies/policy.h"
#include "policies/scope.h"

namespace console_policy {

using Revision = std::int64_t;

struct StoredPolicy {
  Scope scope;
  Policy policy;
  Revision revision{0};  // of its last change
  Timestamp created_at;
  Timestamp updated_at;
  std::string updated_by;  // user id
};

enum class Action : std::uint8_t { create, update, remove };

std::string_view name(Action action);                       // "create", "update", "delete"
std::optional<Action> parse_action(std::string_view text);  // exact

// One accepted write: user, time, request, and the policy before and after.
struct Change {
  Revision revision{0};
  std::string id;  // unique: a UUID
  Timestamp at;
  Action action{Action::create};
  Scope scope;
  std::string request_id;
  std::string user_id;
  std::optional<Policy> before;
  std::optional<Policy> after;
};

}  // namespace console_policy
