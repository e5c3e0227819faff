// SPDX-License-Identifier: Apache-2.0
// The operations of a batch, and the checks that a batch and a preview of it have in common.
//
// Contract: each operation needs the rights of the route of its scope, and is refused for the
//           same reasons. The form of all operations is checked first, then the rights to all, then
//           what is stored, so that a caller without the right to write learns nothing about it.
//           No two operations are for one scope.
// Errors:   one for each operation that fails, with its index: "operations[3].policy.deny: …".
#pragma once

#include <optional>
#include <vector>

#include "service/api/route.h"
#include "service/codec/batch.h"

namespace console_policy::api {

using Errors = std::vector<Error>;

struct Operations {
  std::vector<store::Operation> all;
  std::vector<std::optional<Revision>> if_revisions;  // of each
};

// Checks form and rights. Adds what is wrong to `errors`; the operations are complete without any.
Operations accept_operations(const Call& call, std::vector<Result<codec::Operation>> decoded,
                             Timestamp now, Errors& errors);

// What is wrong with the operations, given what each scope has now.
Errors check_operations(const Call& call, const Operations& operations,
                        const std::vector<std::optional<StoredPolicy>>& before, Timestamp now);

}  // namespace console_policy::api
