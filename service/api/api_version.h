// SPDX-License-Identifier: Apache-2.0
// The versions of the API that this service speaks, and the one that a request asks for.
//
// Contract: `OpenStack-API-Version: console-policy X.Y`, or `latest`; other services' elements of
//           the list are theirs. Without an element for this service the lowest version is meant.
// Errors:   invalid_request: an element of ours that is not understood, or two of them;
//           not_acceptable: a version beyond the range.
// Threads:  free functions on values.
// Source:   api-sig guidelines/microversion_specification.rst.
#pragma once

#include <string>
#include <string_view>

#include "policies/result.h"
#include "service/http/message.h"

namespace console_policy::api {

inline constexpr std::string_view service_type = "console-policy";
inline constexpr std::string_view version_header = "OpenStack-API-Version";
inline constexpr std::string_view min_api_version = "1.0";
inline constexpr std::string_view max_api_version = "1.0";

// Success when the request can be answered in the version that it asks for.
Status check_api_version(const http::Headers& headers);

// The value of the header in an answer.
std::string spoken_api_version();

}  // namespace console_policy::api
