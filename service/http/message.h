// SPDX-License-Identifier: Apache-2.0
// Request, Response and Handler: HTTP as the other folders see it, without any library.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policies/error.h"

namespace console_policy::http {

// Names compare without regard to case (RFC 9110, 5.1); order is that of the wire.
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // as sent: methods are case-sensitive (RFC 9110, 9.1)
  std::string target;  // origin form, raw: path and query, nothing decoded; or "*" with OPTIONS
  Headers headers;
  std::string body;
  std::string client_address;  // the peer's IP address, without the port
  // The common name in the client's certificate, signed by the listener's client_ca; or empty.
  std::string client_name{};
  // Becomes true within a second after the client has closed its side of the connection. Null: not
  // known.
  std::shared_ptr<const std::atomic<bool>> client_gone{};
};

struct Response {
  int status{500};  // 200 to 599
  Headers headers;  // without Content-Length, Connection and Date: the server writes those
  std::string body;
};

// The text without the blanks and tabs around it (OWS in RFC 9110, 5.6.3).
std::string_view trimmed(std::string_view text);

// The value of the first header of that name, alive as long as `headers`; empty when there is none.
// header_count() counts them.
std::string_view header(const Headers& headers, std::string_view name);
std::size_t header_count(const Headers& headers, std::string_view name);

// All values of that name as one list, as if sent in one line (RFC 9110, 5.3).
std::string combined_header(const Headers& headers, std::string_view name);

// ASCII only, as HTTP wants it for field names and tokens (RFC 9110, 5.1).
bool equal_ignoring_case(std::string_view left, std::string_view right);

// Answers a request. Call it once, from any thread, also when the client is gone or the server
// drains; the server outlives the call. A second call does nothing. If the last copy is destroyed
// without a call, the client gets refuse(internal).
using Respond = std::function<void(Response)>;

class Handler {
 public:
  virtual ~Handler() = default;

  // Called on an I/O thread for each whole, well-formed request. Must not block: work that takes
  // time goes to another thread, which calls `respond`. For HEAD, answer as for GET: the server
  // leaves out the body.
  virtual void handle(Request request, Respond respond) noexcept = 0;

  // Returns the answer to input that never became a request (malformed, too large, too slow, too
  // many connections). Called on an I/O thread; the server then closes the connection.
  virtual Response refuse(const Error& error, std::string_view client_address) noexcept = 0;
};

}  // namespace console_policy::http
