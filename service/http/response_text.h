// SPDX-License-Identifier: Apache-2.0
// A Response as the bytes of HTTP/1.1, head and body in one buffer.
//
// Contract: nothing in a value can break the framing: control characters become spaces. 204 and 304
//           carry neither a body nor a length.
// Threads:  pure functions.
#pragma once

#include <chrono>
#include <string>

#include "service/http/message.h"

namespace console_policy::http {

// How the answer announces the connection's future.
enum class Persistence {
  close,                // "Connection: close"
  keep_alive,           // no field: HTTP/1.1 keeps connections
  announced_keep_alive  // "Connection: keep-alive", for HTTP/1.0 clients that asked
};

enum class Content { sent, withheld };  // withheld: HEAD, with the Content-Length of GET

std::string response_text(const Response& response, Content content, Persistence persistence,
                          std::chrono::system_clock::time_point now);

// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace console_policy::http
