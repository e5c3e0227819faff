// SPDX-License-Identifier: Apache-2.0
// Random identifiers from the kernel's generator.
//
// Threads: safe for concurrent use. Errors: none; a kernel without entropy blocks at boot, never
// later.
#pragma once

#include <string>
#include <string_view>

#include "policies/policy.h"

namespace console_policy::platform {

std::string random_uuid();  // version 4, "f81d4fae-7dec-41d0-a765-00a0c91e6bf6"
// Version 7 (RFC 9562, 5.7), of that time, from 1970 on: later ones sort behind earlier ones, so
// that an index of many grows at its end.
std::string random_uuid(Timestamp time);
std::string random_request_id();  // "req-" and a UUID, as oslo.middleware makes them
// Whether a text has the form of a request id: "req-" and a UUID in lower case, of any version.
bool is_request_id(std::string_view text);

std::string random_token();  // 256 bits as 43 characters of base64url: a secret

}  // namespace console_policy::platform
