// SPDX-License-Identifier: Apache-2.0
// What a request's header must satisfy before anything acts on it.
//
// Contract: check_request() refuses what Beast's grammar lets through and RFC 9110, RFC 9112 or our
//           stricter rules do not; README.md lists it. An accepted header has exactly one framing
//           and one target. Values of fields that nothing here reads are opaque (RFC 9110, 5.5):
//           a reader of such a field checks it itself.
// Errors:   the message names the field or the byte and never repeats a value.
// Threads:  pure functions.
#pragma once

#include <string>
#include <string_view>

#include "policies/result.h"
#include "service/http/message.h"

namespace console_policy::http {

// A request line and its fields, as sent.
struct RequestHead {
  std::string method;
  std::string target;    // any of the four forms of RFC 9112, 3.2
  int minor_version{1};  // of HTTP/1.x: 0 or 1
  Headers headers;
};

// Returns the target in origin form, or "*" with OPTIONS. Absolute form loses its authority
// (RFC 9112, 3.2.2). `max_target_bytes` bounds the target as sent.
Result<std::string> check_request(const RequestHead& head, std::size_t max_target_bytes);

// Whether `text` is host [":" port] of RFC 3986, with a host that is not empty.
bool is_authority(std::string_view text);

}  // namespace console_policy::http
