// SPDX-License-Identifier: Apache-2.0
#include "service/api/presented_tokens.h"

#include <string>
#include <string_view>
#include <utility>

namespace console_policy::api {
namespace {

// One value of visible ASCII (RFC 9110, 5.6.2, and oslo). A comma would join two tokens. Its length
// is bounded by http.max_header_bytes alone.
bool is_token_text(std::string_view text) {
  unsigned char bad = 0;  // without an early end, so that the compiler vectorizes the loop
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned char>(byte <= ' ') | static_cast<unsigned char>(byte >= 0x7f) |
           static_cast<unsigned char>(byte == ',');
  }
  return !text.empty() && bad == 0;
}

Result<identity::Token> token_in(const http::Headers& headers, const std::string& name) {
  const std::string_view secret = http::header(headers, name);
  const std::size_t count = http::header_count(headers, name);
  if (count == 1 && is_token_text(secret)) return identity::Token(std::string(secret));
  return Error{ErrorCode::unauthenticated, "The request you have made requires authentication.",
               count == 1
                   ? name + " of " + std::to_string(secret.size()) + " bytes is not one token"
                   : std::to_string(count) + " headers " + name};
}

}  // namespace

Result<identity::Presented> presented_in(const http::Headers& headers) {
  Result<identity::Token> token = token_in(headers, "X-Auth-Token");
  if (!token.ok()) return std::move(token).error();
  if (http::header_count(headers, "X-Service-Token") == 0) {
    return identity::Presented(std::move(token).value());
  }
  Result<identity::Token> service = token_in(headers, "X-Service-Token");
  if (!service.ok()) return std::move(service).error();
  return identity::Presented(std::move(token).value(), std::move(service).value());
}

}  // namespace console_policy::api
