// SPDX-License-Identifier: Apache-2.0
// Random identifiers, which are unique but can be predicted, and secrets.
//
// Threads: safe for concurrent use. Errors: none; without entropy a token ends the process.
#pragma once

#include <string>
#include <string_view>

#include "policies/policy.h"

namespace console_policy::platform {

std::string random_uuid();  // version 4, "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"
// Version 7 (RFC 9562, 5.7) of a time from 1970 on. Ids sort by time, so an index grows at its end.
std::string random_uuid(Timestamp time);
std::string random_request_id();  // "req-" and a UUID, like oslo.middleware's
// Whether the text is "req-" and a UUID in lower case, of any version.
bool is_request_id(std::string_view text);

std::string random_token();  // a secret: 256 bits as 43 characters of base64url

}  // namespace console_policy::platform
