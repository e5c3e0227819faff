// SPDX-License-Identifier: Apache-2.0
// The clock, and times as text: ISO 8601 in UTC, "2026-12-01T00:00:00Z".
//
// Contract: format_time() always writes six digits of fraction. parse_time() accepts none to six,
//           "Z" or "+00:00", and years 1970 to 9999; it refuses everything else (impossible days,
//           other offsets, 23:59:60).
// Threads:  safe for concurrent use.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "policies/policy.h"
#include "policies/result.h"

namespace console_policy::platform {

using Clock = std::function<Timestamp()>;  // tests pass their own

Timestamp system_time();

std::string format_time(Timestamp time);
void append_time(std::string& text, Timestamp time);
Result<Timestamp> parse_time(std::string_view text);  // the error names no field

}  // namespace console_policy::platform
