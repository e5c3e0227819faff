// SPDX-License-Identifier: Apache-2.0
// Reads JSON with nlohmann::json, for this folder only.
//
// Contract: accepts RFC 8259 texts in which no object has a key twice.
// Errors:   invalid_request with what is wrong and where: "line 2, column 5: …" for the form,
//           "policy.prefer[1]: …" for the content.
// Bounds:   max_json_depth levels of nesting; the caller bounds the size.
// Source:   nlohmann::json's SAX interface (json.nlohmann.me, "SAX interface").
#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "policies/result.h"

namespace console_policy::codec {

using Json = nlohmann::json;

inline constexpr std::size_t max_json_depth = 32;

Result<Json> parse_json(std::string_view text);

// Success if `value` is an object without other fields than `known`. `where`: the path of the
// value ("policy"), empty for the whole text.
Status check_object(const Json& value, const std::string& where,
                    std::initializer_list<std::string_view> known);

// The field of an object; null if it has none.
const Json* member_of(const Json& object, std::string_view field);

// A required field of an object.
Result<std::string> text_field(const Json& object, const std::string& where,
                               std::string_view field);
// The same for a whole number in a range.
Result<std::int64_t> number_field(const Json& object, const std::string& where,
                                  std::string_view field, std::int64_t minimum,
                                  std::int64_t maximum);

// "policy" and "prefer" make "policy.prefer"; "operations" and 3 make "operations[3]".
std::string path_of(const std::string& where, std::string_view field);
std::string path_of(const std::string& where, std::size_t index);

// An error of the value at `where`.
Error at(const std::string& where, const std::string& what);
Error expected_at(const std::string& where, const std::string& what, const Json& found);

}  // namespace console_policy::codec
