// SPDX-License-Identifier: Apache-2.0
// RequestParser: bytes in, one Request out. Beast's grammar, our bounds, no socket.
//
// Contract: header, target, body, and the framing around a chunked body are each bounded by Limits,
//           exactly: a header of max_header_bytes passes, one byte more fails. Trailer fields are
//           dropped. Whatever the bytes are, put() returns; it does not throw but for lack of
//           memory.
// Units:    bytes.
// Threads:  none of its own; one connection uses it.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "policies/error.h"
#include "service/http/message.h"
#include "service/http/options.h"

namespace console_policy::http {

class RequestParser final {
 public:
  enum class Stage {
    header,  // the header is not there yet
    body,    // the header is good; the body is not there yet
    whole,   // take() it
    failed,  // error() says why; nothing more can be read from this connection
  };

  explicit RequestParser(const Limits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Takes bytes from the front of `bytes` and says how many. The caller presents the rest again,
  // with more behind it. After `whole`, the rest belongs to the next request. Room for
  // max_header_bytes of rest, and at least least_room, is enough.
  std::size_t put(std::string_view bytes);
  static constexpr std::size_t least_room = 1024;

  Stage stage() const;
  const Error& error() const;

  // True while the client waits for "100 Continue" before it sends its body.
  bool awaits_continue() const;

  // From the stage `body` on; is_head() also after a failure, as far as the method is known.
  bool keep_alive() const;  // what the client wants (RFC 9112, 9.3)
  bool is_http_1_0() const;
  bool is_head() const;
  // Whether the body is, or may become, longer than max_body_bytes.
  bool may_be_large() const;

  Request take();  // without client_address

 private:
  class Grammar;
  std::unique_ptr<Grammar> grammar_;
};

}  // namespace console_policy::http
