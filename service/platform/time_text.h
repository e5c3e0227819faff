// SPDX-License-Identifier: Apache-2.0
// Time as text: ISO 8601 in UTC, "2026-12-01T00:00:00Z", with up to six digits of fraction.
//
// Contract: format gives six digits of fraction always; parse takes none to six, "Z" or "+00:00",
// years
//           1970 to 9999, and refuses everything else (no such day, other offsets, a leap second).
#pragma once

#include <string>
#include <string_view>

#include "policies/policy.h"
#include "policies/result.h"

namespace console_policy::platform {

std::string format_time(Timestamp time);
void append_time(std::string& text, Timestamp time);  // the same, behind what is there
Result<Timestamp> parse_time(std::string_view text);  // error: what is wrong, without a field name

}  // namespace console_policy::platform
