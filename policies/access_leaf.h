// SPDX-License-Identifier: Apache-2.0
// parse_leaf(): one check without operators: @, !, role:…, rule:…, ATTRIBUTE:…, LITERAL:….
// Private to the access rules.
//
// Contract: pure and total; `text` is one word, which stands at `column` of the whole check.
// Errors:   "column N: what is wrong".
#pragma once

#include <cstddef>
#include <string_view>

#include "policies/access_check.h"

namespace console_policy {

Result<Check> parse_leaf(std::string_view text, std::size_t column);

}  // namespace console_policy
