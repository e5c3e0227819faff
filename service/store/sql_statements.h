// SPDX-License-Identifier: Apache-2.0
// A file of SQL, cut into its statements: SQLite would silently run only the first.
//
// Contract: statements end with ";" outside of quotes; comments ("-- …") are left out, because SOCI
//           takes an apostrophe in one for the start of a string; blank statements are dropped.
//           Understands '…' and "…" with doubled quotes inside. No /* */, no triggers.
// Threads:  a free function on values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace console_policy::store {

std::vector<std::string> sql_statements(std::string_view text);

}  // namespace console_policy::store
