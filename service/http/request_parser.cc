// SPDX-License-Identifier: Apache-2.0
#include "service/http/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "service/http/request_check.h"

namespace console_policy::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using beast::error_code;

// A chunk costs at least five bytes of framing ("1\r\n", "\r\n"): a client that sends its body byte
// by byte stays below this; one that hides a flood in chunk extensions does not.
constexpr std::size_t max_wire_bytes_per_body_byte = 8;

// Beast asserts that it sees at least the shortest last chunk ("0\r\n\r\n") when it resumes one. No
// message can end in fewer bytes, so to wait for them costs nothing.
constexpr std::size_t shortest_last_chunk = 5;

bool may_be_a_cut_last_chunk(std::string_view bytes) {
  return bytes.size() < shortest_last_chunk && bytes.find('0') != std::string_view::npos;
}

std::string_view to_std(beast::string_view text) {
  return {text.data(), text.size()};
}

Error too_large(ErrorCode code, const char* what, std::size_t bound) {
  return Error{code, std::string{what} + ": more than " + std::to_string(bound) + " bytes", {}};
}

}  // namespace

// Our side of Beast's parser: collects into a RequestHead and a body, without Beast's own field
// container (which throws when a trailer is longer than 64 KiB).
class RequestParser::Grammar final : public beast::http::basic_parser<true> {
 public:
  explicit Grammar(const Limits& limits) : limits_{limits}, max_body_bytes_{limits.max_body_bytes} {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // counted here, and exactly
    body_limit(static_cast<std::uint64_t>(max_body_bytes_));
    constexpr std::size_t usual_fields = 12;
    head.headers.reserve(usual_fields);
  }

  std::size_t put_all(std::string_view bytes);

  Stage stage{Stage::header};
  Error error;
  RequestHead head;
  std::string target;
  std::string body;
  bool awaits_continue{false};

  bool may_be_large() const {
    if (max_body_bytes_ <= limits_.max_body_bytes) return false;
    const boost::optional<std::uint64_t> length = content_length();
    return !length || *length > limits_.max_body_bytes;
  }

 private:
  std::size_t put_some(std::string_view bytes);
  std::size_t put_header(std::string_view bytes);
  std::size_t put_body(std::string_view bytes);
  void accept_header();
  void fail(Error why);
  void fail_malformed(const error_code& ec);
  bool is_folded(beast::string_view name, beast::string_view value) const;

  void on_request_impl(beast::http::verb, beast::string_view method,
                       beast::string_view request_target, int version, error_code&) override {
    head.method = to_std(method);
    head.target = to_std(request_target);
    head.minor_version = version % 10;
    request_line_done_ = true;
    max_body_bytes_ = body_bound();
    body_limit(static_cast<std::uint64_t>(max_body_bytes_));
  }
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     error_code& ec) override {
    if (is_folded(name, value)) {
      ec = make_error_code(beast::http::error::bad_value);
      return;
    }
    if (stage == Stage::body) return;  // a trailer: nothing here has a use for one
    head.headers.emplace_back(to_std(name), to_std(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view text, error_code&) override {
    body.append(text.data(), text.size());
    return text.size();
  }
  // Beast lets anything stand between quotes (RFC 9110, 5.6.4). A proxy in front of us might take a
  // line end there for the end of the chunk's line.
  void on_chunk_header_impl(std::uint64_t, beast::string_view extensions, error_code& ec) override {
    const auto is_control = [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    };
    if (std::any_of(extensions.begin(), extensions.end(), is_control)) {
      ec = make_error_code(beast::http::error::bad_chunk_extension);
    }
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view text, error_code&) override {
    body.append(text.data(), text.size());
    return text.size();
  }
  void on_finish_impl(error_code&) override {}

  // Known with the request line, so a length in the header is refused before the body comes.
  std::size_t body_bound() const {
    const std::optional<LargeBody>& large = limits_.large_body;
    const bool is_large =
        large && head.method == large->method &&
        std::string_view{head.target}.substr(0, head.target.find('?')) == large->path;
    return is_large ? large->max_bytes : limits_.max_body_bytes;
  }

  Limits limits_;
  std::size_t max_body_bytes_;  // of this request
  std::string_view wire_;       // what put() is looking at, during put()
  bool request_line_done_{false};
  std::size_t header_bytes_{0};  // taken so far, blank lines before the request included
  std::size_t body_wire_bytes_{0};
};

// Folded values (RFC 9112, 5.2: obsolete) reach us unfolded, from a buffer of Beast's, or with a
// line end between name and value.
bool RequestParser::Grammar::is_folded(beast::string_view name, beast::string_view value) const {
  const std::less<const char*> before;
  const char* const first = wire_.data();
  const char* const last = first + wire_.size();
  if (before(value.data(), first) || before(last, value.data() + value.size())) return true;
  const char* const name_end = name.data() + name.size();
  const std::string_view gap{name_end, static_cast<std::size_t>(value.data() - name_end)};
  return gap.find('\r') != std::string_view::npos;
}

void RequestParser::Grammar::fail(Error why) {
  error = std::move(why);
  stage = Stage::failed;
}

void RequestParser::Grammar::fail_malformed(const error_code& ec) {
  if (ec == beast::http::error::body_limit) {
    fail(too_large(ErrorCode::content_too_large, "request body", max_body_bytes_));
  } else if (ec == beast::http::error::header_limit) {
    fail(too_large(ErrorCode::header_too_large, "request header", limits_.max_header_bytes));
  } else {
    fail(invalid_request("malformed HTTP request: " + ec.message()));
  }
}

void RequestParser::Grammar::accept_header() {
  auto checked = check_request(head, max_target_bytes(limits_));
  if (!checked) return fail(std::move(checked).error());
  target = std::move(checked).value();
  if (is_done()) {
    stage = Stage::whole;
    return;
  }
  stage = Stage::body;
  awaits_continue =
      head.minor_version > 0 && equal_ignoring_case(header(head.headers, "Expect"), "100-continue");
  eager(true);
}

std::size_t RequestParser::Grammar::put_header(std::string_view bytes) {
  if (!request_line_done_ && bytes.substr(0, 2) == "\r\n") {
    header_bytes_ += 2;  // RFC 9112, 2.2: an empty line before the request is to be ignored
    if (header_bytes_ <= limits_.max_header_bytes) return 2;
    fail(too_large(ErrorCode::header_too_large, "request header", limits_.max_header_bytes));
    return 0;
  }
  if (!request_line_done_ && bytes == "\r") return 0;
  error_code ec;
  wire_ = bytes;
  const std::size_t used = put(asio::const_buffer{bytes.data(), bytes.size()}, ec);
  wire_ = {};
  header_bytes_ += used;
  const bool waiting = ec == beast::http::error::need_more;
  const std::size_t seen = header_bytes_ + (waiting ? bytes.size() - used : 0);
  if (ec && !waiting) {
    fail_malformed(ec);
  } else if (seen > limits_.max_header_bytes || (waiting && seen == limits_.max_header_bytes)) {
    // Beast takes no line before it has seen the end of the header, unless all came at once.
    const bool long_target = !request_line_done_ && bytes.find(' ') != std::string_view::npos &&
                             bytes.find("\r\n") == std::string_view::npos;
    fail(long_target
             ? too_large(ErrorCode::uri_too_long, "request target", max_target_bytes(limits_))
             : too_large(ErrorCode::header_too_large, "request header", limits_.max_header_bytes));
  } else if (is_header_done()) {
    accept_header();
  }
  return used;
}

std::size_t RequestParser::Grammar::put_body(std::string_view bytes) {
  if (chunked() && may_be_a_cut_last_chunk(bytes)) return 0;
  awaits_continue = false;
  error_code ec;
  wire_ = bytes;
  const std::size_t used = put(asio::const_buffer{bytes.data(), bytes.size()}, ec);
  wire_ = {};
  body_wire_bytes_ += used;
  const std::size_t max_wire_bytes =
      max_body_bytes_ * max_wire_bytes_per_body_byte + limits_.max_header_bytes;
  if (ec && ec != beast::http::error::need_more) {
    fail_malformed(ec);
  } else if (body_wire_bytes_ > max_wire_bytes) {
    fail(too_large(ErrorCode::content_too_large, "chunked body with its framing", max_wire_bytes));
  } else if (is_done()) {
    stage = Stage::whole;
  } else if (bytes.size() - used >= limits_.max_header_bytes) {
    fail(too_large(ErrorCode::header_too_large, "chunk size line or trailer",
                   limits_.max_header_bytes));
  }
  return used;
}

std::size_t RequestParser::Grammar::put_some(std::string_view bytes) {
  switch (stage) {
    case Stage::header:
      return put_header(bytes);
    case Stage::body:
      return put_body(bytes);
    case Stage::whole:
    case Stage::failed:
      return 0;
  }
  return 0;
}

std::size_t RequestParser::Grammar::put_all(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    const Stage before = stage;
    const std::size_t now = put_some(bytes.substr(used));
    used += now;
    if (now == 0 && stage == before) break;
  }
  return used;
}

RequestParser::RequestParser(const Limits& limits) : grammar_{std::make_unique<Grammar>(limits)} {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::put(std::string_view bytes) {
  return grammar_->put_all(bytes);
}

RequestParser::Stage RequestParser::stage() const {
  return grammar_->stage;
}
const Error& RequestParser::error() const {
  return grammar_->error;
}
bool RequestParser::awaits_continue() const {
  return grammar_->awaits_continue;
}
bool RequestParser::keep_alive() const {
  return grammar_->keep_alive();
}
bool RequestParser::is_http_1_0() const {
  return grammar_->head.minor_version == 0;
}
bool RequestParser::is_head() const {
  return grammar_->head.method == "HEAD";
}

bool RequestParser::may_be_large() const {
  return grammar_->may_be_large();
}

Request RequestParser::take() {
  Request request;
  request.method = std::move(grammar_->head.method);
  request.target = std::move(grammar_->target);
  request.headers = std::move(grammar_->head.headers);
  request.body = std::move(grammar_->body);
  return request;
}

}  // namespace console_policy::http
