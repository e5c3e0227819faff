// SPDX-License-Identifier: Apache-2.0
// What a request's header must satisfy before anything acts on it.
//
// Contract: check_request() refuses every header that Beast's grammar lets through and that RFC
//           9110/9112 or our own stricter rules do not: README.md of this folder lists them with
//           their answers. What it accepts has exactly one way to be framed and one target.
// Errors:   the message names the field or the byte; values are never repeated in it.
// Threads:  pure functions.
#pragma once

#include <string>
#include <string_view>

#include "policies/result.h"
#include "service/http/message.h"

namespace console_policy::http {

// A request line and its fields, as they stood on the wire.
struct RequestHead {
  std::string method;
  std::string target;    // any of the four forms of RFC 9112, 3.2
  int minor_version{1};  // of HTTP/1.x: 0 or 1
  Headers headers;
};

// The target to hand on: origin form, or "*" with OPTIONS. Absolute form loses its authority
// (RFC 9112, 3.2.2). `max_target_bytes` bounds the target as sent.
Result<std::string> check_request(const RequestHead& head, std::size_t max_target_bytes);

// Whether `text` is host [":" port] of RFC 3986, with a host that is not empty.
bool is_authority(std::string_view text);

}  // namespace console_policy::http
