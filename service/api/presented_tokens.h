// SPDX-License-Identifier: Apache-2.0
// The tokens that a request presents: X-Auth-Token, and X-Service-Token where there is one.
//
// Errors: unauthenticated if one of them occurs twice or is not a token, or the first is missing.
// The
//         cause names the length, for the log.
#pragma once

#include "policies/result.h"
#include "service/http/message.h"
#include "service/identity/identity.h"

namespace console_policy::api {

Result<identity::Presented> presented_in(const http::Headers& headers);

}  // namespace console_policy::api
