// SPDX-License-Identifier: Apache-2.0
// The policies of the five kinds of scope: show, write, delete.
#pragma once

#include "policies/scope.h"
#include "service/api/route.h"

namespace console_policy::api {

// 200, or 404 when nothing is stored.
template <ScopeKind kind>
Result<http::Response> show_policy(const Call& call);

// Replaces whole. 201 when nothing was stored before, 200 otherwise; both with the stored policy.
template <ScopeKind kind>
Result<http::Response> write_policy(const Call& call);

// 204, or 404 when nothing is stored.
template <ScopeKind kind>
Result<http::Response> delete_policy(const Call& call);

}  // namespace console_policy::api
