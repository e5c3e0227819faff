// SPDX-License-Identifier: Apache-2.0
// A Response as the bytes of HTTP/1.1.
//
// Contract: what a handler puts into status, names or values cannot break the framing: a field
// whose
//           name is no token is left out, control bytes in values become spaces, and
//           Content-Length, Transfer-Encoding, Connection and Date are the server's own. A status
//           that is not 200..599 becomes 500 without a body.
// Threads:  pure functions.
#pragma once

#include <chrono>
#include <string>

#include "service/http/message.h"

namespace console_policy::http {

// What the answer says about the connection's future.
enum class Persistence {
  close,                // "Connection: close"
  keep_alive,           // nothing: HTTP/1.1 keeps connections
  announced_keep_alive  // "Connection: keep-alive", for HTTP/1.0 clients that asked
};

enum class Content { sent, withheld };  // withheld: HEAD, with the Content-Length of GET

std::string response_text(const Response& response, Content content, Persistence persistence,
                          std::chrono::system_clock::time_point now);

// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7). For years 1970 to 9999.
std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace console_policy::http
