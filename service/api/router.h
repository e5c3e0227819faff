// SPDX-License-Identifier: Apache-2.0
// Finds the route of a request.
#pragma once

#include <string>
#include <string_view>

#include "policies/result.h"
#include "service/api/route.h"

namespace console_policy::api {

struct Match {
  const Route* route{nullptr};
  Parameters path;  // decoded, by the names in the template
};

// HEAD goes where GET goes. Errors: invalid_request (a segment that cannot be decoded), not_found.
// method_not_allowed when the path has other methods: `allow` then names them, as the Allow header
// wants.
Result<Match> find_route(std::string_view method, std::string_view raw_path, std::string& allow);

}  // namespace console_policy::api
