// SPDX-License-Identifier: Apache-2.0
// The tokens that a request presents: X-Auth-Token, and X-Service-Token where there is one.
//
// Errors: unauthenticated when one of them is there twice, is no token, or the first is missing.
#pragma once

#include "policies/result.h"
#include "service/http/message.h"
#include "service/identity/identity.h"

namespace console_policy::api {

Result<identity::Presented> presented_in(const http::Headers& headers);

}  // namespace console_policy::api
