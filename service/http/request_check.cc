// SPDX-License-Identifier: Apache-2.0
#include "service/http/request_check.h"

#include <algorithm>
#include <optional>

#include "policies/ascii.h"
#include "service/http/character_table.h"

namespace console_policy::http {
namespace {

bool is_hex(char c) {
  return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

// unreserved and sub-delims of RFC 3986: what a registered name and a path segment share.
constexpr CharacterTable of_a_name =
    table_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=");
// What path and query have besides (RFC 3986, 3.3 and 3.4).
constexpr CharacterTable of_a_target =
    table_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?");

// The first byte at which `text` is neither one of these, nor a whole %XX.
std::size_t first_bad_byte(std::string_view text, const CharacterTable& good) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (good[static_cast<unsigned char>(text[i])]) continue;
    if (text[i] != '%' || text.size() - i < 3 || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
      return i;
    }
    i += 2;
  }
  return std::string_view::npos;
}

bool is_printable(char c) {
  return c == '\t' || (c >= ' ' && c <= '~');
}

// Without an early end, so that the compiler looks at many characters at once.
bool all_printable(std::string_view text) {
  unsigned char odd = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    odd |= static_cast<unsigned char>(static_cast<unsigned char>(byte < ' ') &
                                      static_cast<unsigned char>(byte != '\t')) |
           static_cast<unsigned char>(byte > '~');
  }
  return odd == 0;
}

bool is_ip_literal(std::string_view text) {  // the inside of [...]
  constexpr std::size_t longest = 64;        // an IPv6 address with an IPv4 tail has 45
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

std::optional<Error> check_host(const RequestHead& head) {
  const std::size_t count = header_count(head.headers, "Host");
  if (count > 1) return invalid_request("Host: there are " + std::to_string(count) + " of them");
  if (count == 0) {
    if (head.minor_version == 0) return std::nullopt;
    return invalid_request("Host: HTTP/1.1 requires it");
  }
  if (!is_authority(header(head.headers, "Host"))) {
    return invalid_request("Host: not a host with an optional port");
  }
  return std::nullopt;
}

std::optional<Error> check_content_length(const Headers& headers) {
  const std::size_t count = header_count(headers, "Content-Length");
  if (count == 0) return std::nullopt;
  if (count > 1) {
    return invalid_request("Content-Length: there are " + std::to_string(count) + " of them");
  }
  const std::string_view value = header(headers, "Content-Length");
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) {
    return invalid_request("Content-Length: not one decimal number");
  }
  if (header_count(headers, "Transfer-Encoding") > 0) {
    return invalid_request("Content-Length and Transfer-Encoding: only one of them may be there");
  }
  return std::nullopt;
}

std::optional<Error> check_transfer_encoding(const RequestHead& head) {
  const std::size_t count = header_count(head.headers, "Transfer-Encoding");
  if (count == 0) return std::nullopt;
  if (head.minor_version == 0) return invalid_request("Transfer-Encoding: not in HTTP/1.0");
  if (count > 1) {
    return invalid_request("Transfer-Encoding: there are " + std::to_string(count) + " of them");
  }
  const std::string_view value = header(head.headers, "Transfer-Encoding");
  if (equal_ignoring_case(value, "chunked")) return std::nullopt;
  return Error{ErrorCode::not_implemented, "Transfer-Encoding: only \"chunked\" is understood", {}};
}

// Stricter than RFC 9110, 5.5, which lets obs-text (0x80 and above) stand as opaque data: nothing
// that we read has a use for it, and nothing behind this room then has to think of it.
std::optional<Error> check_values(const Headers& headers) {
  for (const auto& [name, value] : headers) {
    if (all_printable(value)) continue;
    const auto bad = std::find_if_not(value.begin(), value.end(), is_printable);
    return invalid_request("header " + name + ": byte " + std::to_string(bad - value.begin() + 1) +
                           " of the value is not printable ASCII");
  }
  return std::nullopt;
}

std::optional<Error> check_origin_form(std::string_view target) {
  const std::size_t bad = first_bad_byte(target, of_a_target);
  if (bad == std::string_view::npos) return std::nullopt;
  return invalid_request("request target: byte " + std::to_string(bad + 1) +
                         " may not stand there (RFC 3986)");
}

// The rest of an absolute-form target after its authority; nothing when it is not absolute form.
std::optional<std::string_view> after_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = target.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    if (!is_authority(rest.substr(0, end))) return std::nullopt;
    return rest.substr(end);
  }
  return std::nullopt;
}

Result<std::string> origin_form(const RequestHead& head) {
  const std::string_view target = head.target;
  const bool options = head.method == "OPTIONS";
  if (target == "*") {
    if (options) return std::string{target};
    return invalid_request("request target: \"*\" goes with OPTIONS only");
  }
  std::string origin;
  if (!target.empty() && target.front() == '/') {
    origin = target;
  } else {
    const auto rest = after_authority(target);
    if (!rest) return invalid_request("request target: neither a path nor an http(s) URL");
    if (rest->empty()) return std::string{options ? "*" : "/"};  // RFC 9112, 3.2.4
    origin = rest->front() == '?' ? "/" + std::string{*rest} : std::string{*rest};
  }
  if (auto error = check_origin_form(origin)) return std::move(*error);
  return origin;
}

}  // namespace

bool is_authority(std::string_view text) {
  std::string_view host;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || !is_ip_literal(text.substr(1, end - 1))) return false;
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    host = text.substr(0, colon);
    rest = text.substr(colon);
    if (host.empty() || first_bad_byte(host, of_a_name) != std::string_view::npos) return false;
  }
  if (rest.empty()) return true;
  constexpr std::size_t longest_port = 5;
  rest.remove_prefix(1);
  return text[text.size() - rest.size() - 1] == ':' && rest.size() <= longest_port &&
         std::all_of(rest.begin(), rest.end(), is_digit);
}

Result<std::string> check_request(const RequestHead& head, std::size_t max_target_bytes) {
  if (head.target.size() > max_target_bytes) {
    return Error{ErrorCode::uri_too_long,
                 "request target: longer than " + std::to_string(max_target_bytes) + " bytes",
                 {}};
  }
  // TRACE would echo credentials, CONNECT would make a tunnel (RFC 9110, 9.3.6 and 9.3.8).
  if (head.method == "TRACE" || head.method == "CONNECT") {
    return Error{ErrorCode::not_implemented, "the method " + head.method + " is not served", {}};
  }
  if (auto error = check_values(head.headers)) return std::move(*error);
  if (auto error = check_host(head)) return std::move(*error);
  if (auto error = check_content_length(head.headers)) return std::move(*error);
  if (auto error = check_transfer_encoding(head)) return std::move(*error);
  return origin_form(head);
}

}  // namespace console_policy::http
