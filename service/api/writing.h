// SPDX-License-Identifier: Apache-2.0
// What the operations that write policies have in common: single writes, batches, previews of
// them, and restores of changes.
//
// Threads:  free functions on values.
#pragma once

#include <optional>
#include <string_view>

#include "policies/change.h"
#include "service/api/entity_tag.h"
#include "service/api/route.h"

namespace console_policy::api {

// The target that the access rules see for the route of the scope. A view of the scope's ids.
Target target_of(const Scope& scope);

// Success if the caller may write (`writes`) or delete the policy of the scope. Errors: forbidden.
Status check_right(const Call& call, const Scope& scope, bool writes);

// Success if the caller may replace what the scope has with `after`, or delete it without `after`
// (rule R12). Errors: forbidden; invalid_request when there is nothing to delete.
Status plan(const Call& call, const Scope& scope, const std::optional<Policy>& after,
            const std::optional<StoredPolicy>& before, Timestamp now);

// Success if If-Match and If-None-Match hold for what the scope has. Errors: precondition_failed.
Status check_preconditions(const Preconditions& conditions,
                           const std::optional<StoredPolicy>& before);

store::Author author_of(const Call& call, Timestamp now);

}  // namespace console_policy::api
