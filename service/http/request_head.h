// SPDX-License-Identifier: Apache-2.0
// A request's header: found in what has arrived, parsed by Beast, checked by us. No socket.
//
// Contract: find_header() bounds the header, with blank lines in front (RFC 9112, 2.2), exactly,
// and
//           refuses bytes that no header has before its end has come. parse_head() takes a whole
//           header, and bounds the target (max_target_bytes) and the announced body
//           (max_body_bytes, or that of Limits::large_body for its route).
// Errors:   as README.md lists them: 400, 411, 413, 414, 431, 501.
// Threads:  pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "policies/result.h"
#include "service/http/message.h"
#include "service/http/options.h"

namespace console_policy::http {

struct FoundHeader {
  std::string_view text;       // without blank lines in front
  std::size_t end{0};          // of it, in the text that was searched
  bool is_whole{false};        // else more has to arrive
  bool is_head{false};         // of a HEAD request, whose answer has no body
  std::optional<Error> error;  // nothing more can be read from this connection
};

// `checked` bytes of `text` were there when it was last searched.
FoundHeader find_header(std::string_view text, std::size_t checked, const Limits& limits);

struct ParsedHead {
  Request request;  // without body, client_address and client_name
  std::size_t body_bytes{0};
  bool keep_alive{true};  // what the client wants (RFC 9112, 9.3)
  bool is_http_1_0{false};
  bool expects_continue{false};
};

Result<ParsedHead> parse_head(std::string_view text, const Limits& limits);

}  // namespace console_policy::http
