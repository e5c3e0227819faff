// SPDX-License-Identifier: Apache-2.0
// Error: the one error value of the whole program.
//
// Contract: `message` may be shown to whoever made the request and says what is wrong and where
//           ("policy.prefer[1]: …"); `internal` goes to the log only. Neither ever holds a token.
//           A code says what kind of failure it is, without HTTP; service/api/problem maps it.
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
  not_found,               // nothing is there
  method_not_allowed,      // the resource has other methods
  not_acceptable,          // a version of the API that this service does not speak
  request_timeout,         // the request did not arrive in time
  length_required,         // a body without Content-Length
  precondition_failed,     // what is there is not what the caller last saw
  content_too_large,       // body beyond its bound
  uri_too_long,            // request target beyond its bound
  unsupported_media_type,  // body that is not JSON
  too_many_requests,       // more than a bound for one of many allows
  header_too_large,        // header beyond its bound
  internal,                // a fault of ours
  not_implemented,         // a method that no resource has
  unavailable,             // a thing we need is away; try again later
};

struct Error {
  ErrorCode code{ErrorCode::internal};
  std::string message;
  std::string internal;
  // When it is worth to try again, for too_many_requests and unavailable. At least a second.
  std::chrono::seconds retry_after{1};
};

inline Error invalid_request(std::string message) {
  return Error{ErrorCode::invalid_request, std::move(message), {}};
}

}  // namespace console_policy
