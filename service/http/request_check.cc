// SPDX-License-Identifier: Apache-2.0
#include "service/http/request_check.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policies/ascii.h"

namespace console_policy::http {
namespace {

using CharacterTable = std::array<bool, 256>;  // by unsigned char

constexpr CharacterTable table_of(std::string_view characters) {
  CharacterTable table{};
  for (const char c : characters) table[static_cast<unsigned char>(c)] = true;
  return table;
}

// Path and query (RFC 3986, 3.3 and 3.4).
constexpr CharacterTable target_characters =
    table_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?");

// Returns the position of the first byte that is neither one of these nor part of a whole %XX.
std::size_t first_bad_byte(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (target_characters[static_cast<unsigned char>(text[i])]) continue;
    const bool is_escape = text[i] == '%' && text.size() - i >= 3 && is_hexadecimal(text[i + 1]) &&
                           is_hexadecimal(text[i + 2]);
    if (!is_escape) return i;
    i += 2;
  }
  return std::string_view::npos;
}

bool is_ip_literal(std::string_view text) {  // the inside of [...]
  constexpr std::size_t longest = 64;        // an IPv6 address with an IPv4 tail has 45
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_hexadecimal(c) || c == ':' || c == '.'; });
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
  return std::nullopt;
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
  const bool is_origin = !target.empty() && target.front() == '/';
  const std::optional<std::string_view> path = is_origin ? target : after_authority(target);
  if (!path) return invalid_request("request target: neither a path nor an http(s) URL");
  if (path->empty()) return std::string{options ? "*" : "/"};  // RFC 9112, 3.2.4
  std::string origin = (path->front() == '?' ? "/" : "") + std::string{*path};
  const std::size_t bad = first_bad_byte(origin);
  if (bad == std::string_view::npos) return origin;
  return invalid_request("request target: byte " + std::to_string(bad + 1) +
                         " may not stand there (RFC 3986)");
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
    if (host.empty() || host.find_first_of("@/?") != std::string_view::npos) return false;
    if (first_bad_byte(host) != std::string_view::npos) return false;
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
  // No client of ours sends one; so no chunk is ever parsed (RFC 9112, 6.3).
  if (header_count(head.headers, "Transfer-Encoding") > 0) {
    return Error{ErrorCode::length_required, "a body needs a Content-Length", {}};
  }
  if (auto error = check_host(head)) return std::move(*error);
  if (auto error = check_content_length(head.headers)) return std::move(*error);
  return origin_form(head);
}

}  // namespace console_policy::http
