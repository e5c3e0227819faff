// SPDX-License-Identifier: Apache-2.0
// The table of all operations. tests/contract holds it against schema/openapi.yaml,
// policies/access.yaml and the API tests: they are equal sets.
#pragma once

#include <array>

#include "service/api/route.h"

namespace console_policy::api {

inline constexpr std::size_t route_count = 33;

const std::array<Route, route_count>& routes();

// Routes that take about the same time: "resolution", "report", "write", "list" or "read".
std::string_view class_of(const Route& route);

// Whether it writes policies. Each such request counts once for fair_use.writes_per_minute.
bool writes_policies(const Route& route);

// The rule of the route that writes ("PUT") or deletes ("DELETE") the policy of such a scope.
std::string_view rule_of(std::string_view method, ScopeKind kind);

// Success when every rule that the API asks for is there. A missing one would deny, without a
// would know why.
Status check_rules(const AccessRules& access);

}  // namespace console_policy::api
