// SPDX-License-Identifier: Apache-2.0
// The JSON of several writes at once, as schema/openapi.yaml states it.
//
// Errors:   invalid_request with where and what: for the whole body, or for each operation by its
//           index, "operations[3].policy.deny: …". What is wrong in one operation hides nothing of
//           the others.
// Threads:  free functions on values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/record.h"
#include "policies/result.h"

namespace console_policy::codec {

inline constexpr std::size_t max_operations = 1000;

struct Operation {
  Scope scope;
  std::optional<Policy> policy;  // nothing: the stored policy is deleted
  // Only over what is stored with this revision, 0: only where nothing is. Nothing: over anything.
  std::optional<Revision> if_revision;
};

// {"operations": [{"action": "put", "target": {…}, "policy": {…}}, {"action": "delete", …}]}
Result<std::vector<Result<Operation>>> decode_operations(std::string_view body);

// "operations[3]": how messages name an operation.
std::string operation_name(std::size_t index);

struct OperationResult {
  Scope scope;
  Action action{Action::create};
  Revision revision{0};
};
std::string encode_results(const std::vector<OperationResult>& results);

}  // namespace console_policy::codec
