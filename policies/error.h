// SPDX-License-Identifier: Apache-2.0
// Error: the one error value of the whole program.
//
// Contract: `message` may be shown to the caller and names the fault and its place
//           ("policy.prefer[1]: …"); `internal` goes to the log only. Neither ever holds a token.
//           The code is independent of HTTP; service/api/problem maps it to a status.
// Threads:  a plain value.
#pragma once

#include <chrono>
#include <string>
#include <utility>

namespace console_policy {

enum class ErrorCode {
  invalid_request,         // the caller's input is wrong
  unauthenticated,         // no token, or one that identity refuses
  forbidden,               // known caller, not allowed
  not_found,               // no such resource
  method_not_allowed,      // the resource does not support the method
  not_acceptable,          // an unsupported version of the API
  request_timeout,         // the request did not arrive in time
  length_required,         // a body without Content-Length
  conflict,                // the state of the resource does not allow it
  precondition_failed,     // the resource has changed since the caller read it
  content_too_large,       // body above its limit
  uri_too_long,            // request target above its limit
  unsupported_media_type,  // body that is not JSON
  too_many_requests,       // above a limit of fair use
  header_too_large,        // header above its limit
  internal,                // a fault of this service
  not_implemented,         // a method that no resource supports
  unavailable,             // a dependency is unavailable; try again later
};

struct Error {
  ErrorCode code{ErrorCode::internal};
  std::string message;
  std::string internal;
  // When to retry, for too_many_requests and unavailable. At least a second.
  std::chrono::seconds retry_after{1};
};

inline Error invalid_request(std::string message) {
  return Error{ErrorCode::invalid_request, std::move(message), {}};
}

}  // namespace console_policy
