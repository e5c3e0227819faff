// SPDX-License-Identifier: Apache-2.0
#include "service/api/presented_tokens.h"

#include <string>
#include <string_view>
#include <utility>

namespace console_policy::api {
namespace {

// Keystone's Fernet tokens have about 250 characters, and PKI tokens are gone.
constexpr std::size_t max_token_bytes = 4096;

// RFC 9110, 5.6.2 and oslo: visible ASCII only, and one value. A comma would join two.
bool is_token_text(std::string_view text) {
  if (text.empty() || text.size() > max_token_bytes) return false;
  unsigned char odd = 0;  // without an early end: the compiler looks at many characters at once
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    odd |= static_cast<unsigned char>(byte <= ' ') | static_cast<unsigned char>(byte >= 0x7f) |
           static_cast<unsigned char>(byte == ',');
  }
  return odd == 0;
}

// The value of a header that has one token in it; unauthenticated when it is not there, is there
// twice, or is no token.
Result<identity::Token> token_in(const http::Headers& headers, const std::string& name) {
  const std::string_view secret = http::header(headers, name);
  if (http::header_count(headers, name) != 1 || !is_token_text(secret)) {
    return Error{ErrorCode::unauthenticated, "The request you have made requires authentication.",
                 "no " + name + ", or not one token"};
  }
  return identity::Token(std::string(secret));
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
