// SPDX-License-Identifier: Apache-2.0
// Paging by key: where a page ended, and the target of the next one.
//
// Contract: a policy's marker is the tail of its path below /v1/policies
//           ("projects/P/instances/I"), its ids percent-encoded; in a list by the last change, the
//           change's time and its revision ("2026-11-23T10:00:00.000000Z,7").
// Errors:   invalid_request "marker: …".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policies/result.h"
#include "policies/scope.h"
#include "service/api/query.h"
#include "service/store/store.h"

namespace console_policy::api {

std::string marker_of(const Scope& scope);
Result<std::optional<Scope>> scope_marker(const Query& query);

std::string update_marker_of(const StoredPolicy& policy);
Result<std::optional<store::UpdatePlace>> update_marker(const Query& query);

// The whole of `text` as a revision from 1 on; nothing when it is none.
std::optional<Revision> parse_revision(std::string_view text);

// `path` with the same parameters and this marker.
std::string next_page(std::string_view path, const Query& query, std::string_view marker);

}  // namespace console_policy::api
