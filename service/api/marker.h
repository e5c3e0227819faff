// SPDX-License-Identifier: Apache-2.0
// Paging by key: where a page ended, and the target of the next one.
//
// Contract: a policy's marker is the tail of its path below /v1/policies
// ("projects/P/instances/I"). Errors:   invalid_request "marker: …".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policies/result.h"
#include "policies/scope.h"
#include "service/api/query.h"

namespace console_policy::api {

std::string marker_of(const Scope& scope);
Result<std::optional<Scope>> scope_marker(const Query& query);

// `path` with the same parameters and this marker.
std::string next_page(std::string_view path, const Query& query, std::string_view marker);

}  // namespace console_policy::api
