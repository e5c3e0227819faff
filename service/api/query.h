// SPDX-License-Identifier: Apache-2.0
// The target of a request, taken apart: path segments and query parameters, decoded.
//
// Contract: split first, then decode, so that an encoded slash never makes a segment. A bad escape,
// a
//           control character or text that is not UTF-8 is refused.
// Errors:   invalid_request, naming the segment or the parameter.
// Source:   RFC 3986, 2.1 and 3.3; application/x-www-form-urlencoded for `+` in the query.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policies/result.h"

namespace console_policy::api {

struct TargetParts {
  std::string_view path;   // raw, from the first slash up to the question mark
  std::string_view query;  // raw, behind the question mark
};
TargetParts split_target(std::string_view target);

// "/v1/policies" gives {"v1", "policies"}, "/" gives {}; a trailing slash gives an empty last
// segment.
std::vector<std::string_view> split_path(std::string_view path);

Result<std::string> percent_decode(std::string_view text);

using Query = std::map<std::string, std::string, std::less<>>;

// `known`: the parameters of the route, separated by spaces. Refuses others, and repetition.
Result<Query> parse_query(std::string_view query, std::string_view known);

// Text as one query value or path segment.
std::string percent_encode(std::string_view text);

}  // namespace console_policy::api
