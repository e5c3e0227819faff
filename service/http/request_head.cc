// SPDX-License-Identifier: Apache-2.0
#include "service/http/request_head.h"

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

#include "service/http/request_check.h"

namespace console_policy::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using Parser = beast::http::request_parser<beast::http::empty_body>;

constexpr std::size_t usual_fields = 12;

std::string_view to_std(beast::string_view text) {
  return {text.data(), text.size()};
}

std::size_t body_limit_of(const RequestHead& head, const Limits& limits) {
  const std::string_view path = std::string_view{head.target}.substr(0, head.target.find('?'));
  if (!limits.large_body || head.method != limits.large_body->method) return limits.max_body_bytes;
  const std::vector<std::string_view>& paths = limits.large_body->paths;
  const bool is_large = std::find(paths.begin(), paths.end(), path) != paths.end();
  return is_large ? limits.large_body->max_bytes : limits.max_body_bytes;
}

Error too_long(std::string_view text, const Limits& limits) {
  const bool is_target =
      text.find("\r\n") == std::string_view::npos && text.find(' ') != std::string_view::npos;
  if (is_target) {
    return Error{
        ErrorCode::uri_too_long,
        "request target: longer than " + std::to_string(max_target_bytes(limits)) + " bytes",
        {}};
  }
  return Error{ErrorCode::header_too_large,
               "request header: more than " + std::to_string(limits.max_header_bytes) + " bytes",
               {}};
}

// Control characters other than TAB, and CR or LF alone: refused before the end of the header has
// come, because in another protocol it may never come.
bool has_bad_byte(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte >= ' ' && byte != 0x7f) || byte == '\t') continue;
    if (byte == '\r' && (i + 1 == text.size() || text[i + 1] == '\n')) continue;
    if (byte == '\n' && i > 0 && text[i - 1] == '\r') continue;
    return true;
  }
  return false;
}

}  // namespace

FoundHeader find_header(std::string_view text, std::size_t checked, const Limits& limits) {
  std::size_t begin = 0;
  while (text.substr(begin, 2) == "\r\n") begin += 2;
  const std::size_t from = std::max(begin, checked - std::min<std::size_t>(checked, 3));
  const std::size_t end = text.find("\r\n\r\n", from);
  FoundHeader found;
  found.is_whole = end != std::string_view::npos;
  found.end = found.is_whole ? end + 4 : text.size();
  found.text = text.substr(begin, found.end - begin);
  found.is_head = found.text.substr(0, 5) == "HEAD ";
  if (found.end + (found.is_whole ? 0 : 1) > limits.max_header_bytes) {
    found.error = too_long(found.text, limits);
  } else if (has_bad_byte(found.text, from - begin)) {
    found.error = invalid_request(
        "malformed HTTP request: a control character, or a line that does not end in CR LF");
  }
  return found;
}

Result<ParsedHead> parse_head(std::string_view text, const Limits& limits) {
  // RFC 9112, 5.2: folded values are obsolete, and Beast would unfold them.
  if (text.find("\r\n ") != std::string_view::npos || text.find("\r\n\t") != std::string_view::npos)
    return invalid_request("malformed HTTP request: a folded field value");
  Parser parser;
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());  // find_header() has bounded it
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());    // bounded by route below
  error_code ec;
  try {
    parser.put(boost::asio::const_buffer{text.data(), text.size()}, ec);
  } catch (const std::length_error&) {  // of Beast's container, whatever max_header_bytes is
    return Error{ErrorCode::header_too_large, "a header field: more than 64 KiB", {}};
  }
  if (ec && ec != beast::http::error::need_more) {
    return invalid_request("malformed HTTP request: " + ec.message());
  }
  if (!parser.is_header_done()) return invalid_request("malformed HTTP request: incomplete line");
  const auto& message = parser.get();
  RequestHead head;
  head.method = to_std(message.method_string());
  head.target = to_std(message.target());
  head.minor_version = message.version() == 10 ? 0 : 1;
  head.headers.reserve(usual_fields);
  for (const auto& field : message) {
    head.headers.emplace_back(to_std(field.name_string()), to_std(field.value()));
  }

  Result<std::string> target = check_request(head, max_target_bytes(limits));
  if (!target.ok()) return std::move(target).error();
  const std::size_t max_body_bytes = body_limit_of(head, limits);
  const std::uint64_t length = parser.content_length().value_or(0);
  if (length > max_body_bytes) {
    return Error{ErrorCode::content_too_large,
                 "request body: more than " + std::to_string(max_body_bytes) + " bytes",
                 {}};
  }
  ParsedHead parsed;
  parsed.body_bytes = static_cast<std::size_t>(length);
  parsed.keep_alive = parser.keep_alive();
  parsed.is_http_1_0 = head.minor_version == 0;
  parsed.expects_continue =
      !parsed.is_http_1_0 && equal_ignoring_case(header(head.headers, "Expect"), "100-continue");
  parsed.request.method = std::move(head.method);
  parsed.request.target = std::move(target).value();
  parsed.request.headers = std::move(head.headers);
  return parsed;
}

}  // namespace console_policy::http
