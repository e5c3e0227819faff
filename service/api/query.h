// SPDX-License-Identifier: Apache-2.0
// The target of a request, taken apart: path segments and query parameters, decoded.
//
// Contract: split first, then decode, so that an encoded slash never makes a segment. A bad escape,
// a
//           control character or text that is not UTF-8 is refused.
// Errors:   invalid_request, naming the segment or the parameter.
// Source:   RFC 3986, 2.1 and 3.3; application/x-www-form-urlencoded for `+` in the query.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
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

// What was given for the names of a path's template or of a route's query, in the order of the
// names; a handful. The names are the route's own and live as long as it.
class Parameters final {
 public:
  using Parameter = std::pair<std::string_view, std::string>;
  using const_iterator = std::vector<Parameter>::const_iterator;

  Parameters() = default;
  Parameters(std::initializer_list<Parameter> parameters) : parameters_(parameters) {}

  // False, and nothing is added, when the name is there already.
  bool add(std::string_view name, std::string text);

  const_iterator begin() const { return parameters_.begin(); }
  const_iterator end() const { return parameters_.end(); }
  const_iterator find(std::string_view name) const;
  const std::string& at(std::string_view name) const { return find(name)->second; }  // is there
  bool empty() const { return parameters_.empty(); }

 private:
  std::vector<Parameter> parameters_;
};
using Query = Parameters;

// `known`: the parameters of the route, separated by spaces; the names in the answer are out of it.
// Refuses others, and repetition.
Result<Query> parse_query(std::string_view query, std::string_view known);

// Text as one query value or path segment.
std::string percent_encode(std::string_view text);

}  // namespace console_policy::api
