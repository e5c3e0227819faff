// SPDX-License-Identifier: Apache-2.0
// The one map from an Error to an HTTP answer: API-SIG's errors document.
//
// Contract: the answer holds Error::message, never Error::internal. Codes are a stable promise
//           (schema/openapi.yaml lists them).
// Source:   api-sig guidelines/errors.rst, http/response-codes.rst.
#pragma once

#include <string_view>
#include <vector>

#include "policies/error.h"
#include "service/http/message.h"

namespace console_policy::api {

int http_status(ErrorCode code);
std::string_view error_name(ErrorCode code);  // "invalid_request"; the wire adds "console-policy."

http::Response problem(const Error& error, std::string_view request_id);

// Several failures of one request, in their order; the answer's status is that of the first.
http::Response problems(const std::vector<Error>& errors, std::string_view request_id);

}  // namespace console_policy::api
