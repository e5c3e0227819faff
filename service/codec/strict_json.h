// SPDX-License-Identifier: Apache-2.0
// Strict JSON over cpprestsdk's parser, for this room only: the one place where JSON is read.
//
// Contract: takes RFC 8259 texts and nothing more. cpprestsdk's parser lets through repeated keys,
//           comments, form feeds, leading zeros, overlong UTF-8 and numbers that overflow, and ends
//           the program over half a surrogate pair; all of these are refused here.
// Errors:   invalid_request with what is wrong and where: "line 2, column 5: …" for the form,
//           "policy.prefer[1]: …" for the content.
// Bounds:   max_json_depth levels of nesting; the caller bounds the size.
#pragma once

#include <cpprest/json.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "policies/result.h"

namespace console_policy::codec {

inline constexpr std::size_t max_json_depth = 32;

Result<web::json::value> parse_strict(std::string_view text);

// Success when `value` is an object with no other fields than `known`. `where` is the path of the
// value
// ("policy"), empty for the whole text.
Status check_object(const web::json::value& value, const std::string& where,
                    std::initializer_list<std::string_view> known);

// Of a small object; null when it has no such member.
const web::json::value* member_of(const web::json::value& object, std::string_view name);

// "policy" and "prefer" make "policy.prefer".
std::string path_of(const std::string& where, std::string_view field);

// That `what` is wrong with what stands at `where`.
Error at(const std::string& where, const std::string& what);

// What a value is, for messages: "a string", "an object", …
std::string_view kind_of(const web::json::value& value);

}  // namespace console_policy::codec
