// SPDX-License-Identifier: Apache-2.0
#include "service/http/request_head.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

namespace console_policy::http {
namespace {

Limits small_limits() {
  Limits limits;
  limits.max_header_bytes = 256;
  limits.max_body_bytes = 64;
  return limits;
}

struct Outcome {
  bool whole{false};
  std::optional<ErrorCode> code{};
  std::string method{};
  std::string target{};
  std::size_t body_bytes{0};
  std::size_t fields{0};
  std::size_t end{0};

  bool operator==(const Outcome& other) const {
    return whole == other.whole && code == other.code && method == other.method &&
           target == other.target && body_bytes == other.body_bytes && fields == other.fields &&
           end == other.end;
  }
};

// Presents `bytes` in pieces, as a connection does.
Outcome parse(const std::string& bytes, const std::vector<std::size_t>& pieces,
              const Limits& limits = small_limits()) {
  std::size_t checked = 0;
  std::size_t piece = 0;
  while (checked < bytes.size()) {
    const std::size_t seen = std::min(bytes.size(), checked + pieces[piece++ % pieces.size()]);
    const std::string window = bytes.substr(0, seen);  // its own memory, for sanitizers
    const FoundHeader found = find_header(window, checked, limits);
    checked = seen;
    if (found.error) return {false, found.error->code};
    if (!found.is_whole) continue;
    const Result<ParsedHead> parsed = parse_head(found.text, limits);
    if (!parsed.ok()) return {false, parsed.error().code};
    const Request& request = parsed.value().request;
    return {true,
            std::nullopt,
            request.method,
            request.target,
            parsed.value().body_bytes,
            request.headers.size(),
            found.end};
  }
  return {};
}

Outcome parse(const std::string& bytes) {
  return parse(bytes, {bytes.size()});
}

std::string with_header_of(std::size_t size) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nName: ";
  return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
}

}  // namespace

TEST_CASE("A header may be as long as its bound, and no longer") {
  for (const std::vector<std::size_t>& pieces : {std::vector<std::size_t>{1000}, {1}, {100}}) {
    CHECK(parse(with_header_of(256), pieces).whole);
    CHECK(parse(with_header_of(257), pieces).code == ErrorCode::header_too_large);
    CHECK(parse("\r\n" + with_header_of(254), pieces).whole);
    CHECK(parse("\r\n" + with_header_of(255), pieces).code == ErrorCode::header_too_large);
  }
}

TEST_CASE("A header without end fails at its bound") {
  CHECK(parse("GET / HTTP/1.1\r\nName: " + std::string(1000, 'x'), {1}).code ==
        ErrorCode::header_too_large);
  CHECK(parse("GET /" + std::string(1000, 'x'), {1}).code == ErrorCode::uri_too_long);
  CHECK(parse(std::string(1000, 'G'), {1}).code == ErrorCode::header_too_large);
  std::string blank_lines;
  for (int i = 0; i < 1000; ++i) blank_lines += "\r\n";
  CHECK(parse(blank_lines, {1}).code == ErrorCode::header_too_large);
}

TEST_CASE("Bytes of another protocol are refused before the end of a header comes") {
  for (const std::string& bytes : std::vector<std::string>{
           std::string{"\x16\x03\x01"}, std::string{"GET / HTTP/1.1\nHost"}, std::string(3, '\0'),
           std::string{"GET / HTTP/1.1\rHost"}, std::string{"GET / HTTP/1.1\r\nA: \x7f"}}) {
    CAPTURE(bytes);
    CHECK(parse(bytes).code == ErrorCode::invalid_request);
    CHECK(parse(bytes, {1}).code == ErrorCode::invalid_request);
  }
}

TEST_CASE("A request line without a version is refused as soon as the header ends") {
  CHECK(parse("GET / \r\n\r\n").code == ErrorCode::invalid_request);
  CHECK(parse("GET /\r\n\r\n").code == ErrorCode::invalid_request);
  CHECK(parse("GET\r\n\r\n").code == ErrorCode::invalid_request);
}

TEST_CASE("Bytes above 0x7f are opaque in a value and refused in a name") {
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nX-SSL-Client-CN: J\xf6rg\r\n\r\n").whole);
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\nN\xf6me: a\r\n\r\n").code ==
        ErrorCode::invalid_request);
  CHECK(parse("GET / HTTP/1.1\r\nHost: \xf6\r\n\r\n").code == ErrorCode::invalid_request);
}

TEST_CASE("A body may be as long as its bound, and no longer") {
  const auto of = [](std::size_t size) {
    return "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  };
  CHECK(parse(of(64)).body_bytes == 64);
  CHECK(parse(of(65)).code == ErrorCode::content_too_large);
}

TEST_CASE("Any Transfer-Encoding is refused") {
  for (const char* const field : {"Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked",
                                  "Transfer-Encoding:", "transfer-encoding: identity"}) {
    CAPTURE(field);
    CHECK(parse("POST / HTTP/1.1\r\nHost: a\r\n" + std::string{field} + "\r\n\r\n").code ==
          ErrorCode::length_required);
  }
}

TEST_CASE("The next request is left alone") {
  const std::string first = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(parse(first + "GET / HT").end == first.size());
  CHECK(parse(first + std::string(1000, '\0')).end == first.size());
}

TEST_CASE("The outcome does not depend on how the bytes are cut") {
  const std::vector<std::string> cases{
      "GET /path?q=1 HTTP/1.1\r\nHost: a\r\nName: value\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nName: a\r\n b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nName:\r\n\tb\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nName: a\rb\r\n\r\n",
      "GET / \r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
  };
  for (const std::string& bytes : cases) {
    CAPTURE(bytes);
    const Outcome whole = parse(bytes);
    REQUIRE(parse(bytes, {1}) == whole);
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      CAPTURE(cut);
      REQUIRE(parse(bytes, {cut, bytes.size()}) == whole);
      REQUIRE(parse(bytes, {cut, 1}) == whole);
    }
  }
}

TEST_CASE("Whatever the bytes are, header and body end in bounds") {
  std::mt19937 random{20261123};  // the same bytes each time
  const std::vector<std::string> words{"GET",
                                       " ",
                                       "/",
                                       "HTTP/1.1",
                                       "\r\n",
                                       "\r",
                                       "\n",
                                       "Host: a",
                                       ":",
                                       ";",
                                       "0",
                                       "3",
                                       "\r\n\r\n",
                                       "chunked",
                                       "\"",
                                       "Transfer-Encoding: chunked",
                                       "ffff",
                                       "-1",
                                       "\x80",
                                       "Content-Length: 5",
                                       "POST / HTTP/1.1\r\nHost: a\r\n",
                                       "Expect: 100-continue"};
  std::uniform_int_distribution<std::size_t> word{0, words.size() - 1};
  std::uniform_int_distribution<std::size_t> length{1, 40};
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = round % 2 == 0 ? words[20] : "";
    for (std::size_t i = length(random); i > 0; --i) bytes += words[word(random)];
    const std::size_t cut = length(random);
    CAPTURE(bytes, cut);
    const Outcome outcome = parse(bytes, {cut, 3});
    REQUIRE(outcome.end <= small_limits().max_header_bytes);
    REQUIRE(outcome.body_bytes <= small_limits().max_body_bytes);
  }
}

TEST_CASE("One route takes larger bodies, exactly so large, and no other route does") {
  Limits limits = small_limits();
  limits.large_body = LargeBody{"POST", {"/large"}, 200};
  const auto ask = [&](const std::string& line, std::size_t length) {
    const std::string bytes =
        line + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
    const Outcome outcome = parse(bytes, {bytes.size()}, limits);
    if (!outcome.whole) CHECK(outcome.code == ErrorCode::content_too_large);
    return outcome.whole;
  };
  CHECK(ask("POST /large", 200));
  CHECK(ask("POST /large?x=1", 200));
  CHECK_FALSE(ask("POST /large", 201));
  CHECK_FALSE(ask("PUT /large", 65));
  CHECK_FALSE(ask("POST /larger", 65));
  CHECK_FALSE(ask("POST /large/", 65));
  CHECK_FALSE(ask("POST /", 65));
  CHECK(ask("POST /", 64));
}

}  // namespace console_policy::http
