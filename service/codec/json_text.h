// SPDX-License-Identifier: Apache-2.0
// JSON written straight into a text, for the answers that are asked for most: the same bytes that
// web::json's serialize() gives, without a tree of values in between.
//
// Threads: free functions on values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policies/console_type.h"

namespace console_policy::codec {

// In double quotes, escaped as RFC 8259, 7 demands and no further. `text` is UTF-8.
void append_text(std::string& json, std::string_view text);
void append_text_or_null(std::string& json, std::optional<std::string_view> text);

// ["SPICE","VNC"]
void append_types(std::string& json, const std::vector<ConsoleType>& types);

}  // namespace console_policy::codec
