// SPDX-License-Identifier: Apache-2.0
#include "service/http/request_parser.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

namespace console_policy::http {
namespace {

using Stage = RequestParser::Stage;

Limits small_limits() {
  Limits limits;
  limits.max_header_bytes = 256;
  limits.max_body_bytes = 64;
  return limits;
}

struct Outcome {
  Stage stage;
  ErrorCode code;  // where it failed
  std::string method;
  std::string target;
  std::string body;
  std::size_t fields;
  std::size_t used;

  bool operator==(const Outcome& other) const {
    return stage == other.stage && code == other.code && method == other.method &&
           target == other.target && body == other.body && fields == other.fields &&
           used == other.used;
  }
};

// Presents `bytes` in pieces, as a connection does.
Outcome parse(const std::string& bytes, const std::vector<std::size_t>& pieces,
              const Limits& limits = small_limits()) {
  RequestParser parser{limits};
  std::size_t used = 0;
  std::size_t seen = 0;
  std::size_t piece = 0;
  while (seen < bytes.size() &&
         (parser.stage() == Stage::header || parser.stage() == Stage::body)) {
    seen = std::min(bytes.size(), seen + pieces[piece++ % pieces.size()]);
    const std::string window = bytes.substr(used, seen - used);  // its own memory, for sanitizers
    used += parser.put(window);
  }
  Outcome outcome{parser.stage(), ErrorCode::internal, {}, {}, {}, 0, used};
  if (parser.stage() == Stage::failed) outcome.code = parser.error().code;
  if (parser.stage() == Stage::whole) {
    Request request = parser.take();
    outcome.method = request.method;
    outcome.target = request.target;
    outcome.body = request.body;
    outcome.fields = request.headers.size();
  }
  return outcome;
}

Outcome parse(const std::string& bytes) {
  return parse(bytes, {bytes.size()});
}

std::string with_header_of(std::size_t size) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nName: ";
  return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
}

const std::string chunked_start =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

TEST_CASE("A header may be as long as its bound, and no longer") {
  for (const std::vector<std::size_t>& pieces : {std::vector<std::size_t>{1000}, {1}, {100}}) {
    CHECK(parse(with_header_of(256), pieces).stage == Stage::whole);
    CHECK(parse(with_header_of(257), pieces).code == ErrorCode::header_too_large);
    CHECK(parse("\r\n" + with_header_of(254), pieces).stage == Stage::whole);
    CHECK(parse("\r\n" + with_header_of(255), pieces).code == ErrorCode::header_too_large);
  }
}

TEST_CASE("A header without end fails at its bound") {
  CHECK(parse("GET / HTTP/1.1\r\nName: " + std::string(1000, 'x'), {1}).used <= 256);
  CHECK(parse("GET / HTTP/1.1\r\nName: " + std::string(1000, 'x'), {1}).code ==
        ErrorCode::header_too_large);
  CHECK(parse("GET /" + std::string(1000, 'x'), {1}).code == ErrorCode::uri_too_long);
  CHECK(parse(std::string(1000, 'G'), {1}).code == ErrorCode::header_too_large);
  std::string blank_lines;
  for (int i = 0; i < 1000; ++i) blank_lines += "\r\n";
  CHECK(parse(blank_lines, {1}).code == ErrorCode::header_too_large);
}

TEST_CASE("A body with a length may be as long as its bound, and no longer") {
  const auto of = [](std::size_t size) {
    return "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  CHECK(parse(of(64)).body == std::string(64, 'x'));
  CHECK(parse(of(65)).code == ErrorCode::content_too_large);
}

TEST_CASE("A chunked body may be as long as its bound, and no longer") {
  const auto of = [](std::size_t size) {
    std::string bytes = chunked_start;
    for (std::size_t i = 0; i < size; ++i) bytes += "1\r\nx\r\n";
    return bytes + "0\r\n\r\n";
  };
  CHECK(parse(of(64)).body == std::string(64, 'x'));
  CHECK(parse(of(65)).code == ErrorCode::content_too_large);
}

TEST_CASE("Extensions and trailers are bounded, one by one and together") {
  const std::string long_line = chunked_start + "1;a=" + std::string(300, 'x');
  CHECK(parse(long_line, {1}).code == ErrorCode::header_too_large);
  const std::string long_trailer = chunked_start + "0\r\nName: " + std::string(300, 'x');
  CHECK(parse(long_trailer, {1}).code == ErrorCode::header_too_large);
  std::string many = chunked_start;
  for (int i = 0; i < 20; ++i) many += "1;a=" + std::string(100, 'x') + "\r\nx\r\n";
  CHECK(parse(many, {1}).code == ErrorCode::content_too_large);
}

TEST_CASE("Trailers are dropped and cannot change the request") {
  const Outcome outcome =
      parse(chunked_start + "1\r\nx\r\n0\r\nHost: b\r\nX-Auth-Token: t\r\nName: a\r\n\r\n");
  CHECK(outcome.stage == Stage::whole);
  CHECK(outcome.fields == 2);
}

TEST_CASE("The next request is left alone") {
  const std::string first = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
  CHECK(parse(first + "GET / HT").used == first.size());
  const std::string second = chunked_start + "0\r\n\r\n";
  CHECK(parse(second + "GET / HT").used == second.size());
}

TEST_CASE("The outcome does not depend on how the bytes are cut") {
  const std::vector<std::string> cases{
      "GET /path?q=1 HTTP/1.1\r\nHost: a\r\nName: value\r\n\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789",
      chunked_start + "0\r\n\r\n",
      chunked_start + "3\r\nabc\r\n0\r\n\r\n",
      chunked_start + "3;n=\"q\\\"\"; m\r\nabc\r\n001\r\nd\r\n0;x=y\r\nName: v\r\nb: c\r\n\r\n",
      chunked_start + "3\r\nabcd\r\n0\r\n\r\n",
      chunked_start + "0;a=\"\r\n\r\n\"\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nName: a\r\n b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nName:\r\n\tb\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
  };
  for (const std::string& bytes : cases) {
    CAPTURE(bytes);
    const Outcome whole = parse(bytes);
    // How much a failing parser used depends on the cut, and on nothing that matters.
    const auto same = [&](Outcome other) {
      if (whole.stage == Stage::failed) other.used = whole.used;
      return other == whole;
    };
    REQUIRE(same(parse(bytes, {1})));
    for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
      CAPTURE(cut);
      REQUIRE(same(parse(bytes, {cut, bytes.size()})));
      REQUIRE(same(parse(bytes, {cut, 1})));
    }
  }
}

TEST_CASE("Whatever the bytes are, the parser ends in bounds") {
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
    std::string bytes = round % 3 == 0 ? chunked_start : round % 3 == 1 ? words[20] : "";
    for (std::size_t i = length(random); i > 0; --i) bytes += words[word(random)];
    const std::size_t cut = length(random);
    CAPTURE(bytes, cut);
    const Outcome outcome = parse(bytes, {cut, 3});
    REQUIRE(outcome.used <= bytes.size());
    REQUIRE(outcome.body.size() <= small_limits().max_body_bytes);
  }
}

TEST_CASE("One route may take larger bodies, exactly so large, and no other route does") {
  Limits limits = small_limits();
  limits.large_body = LargeBody{"POST", "/large", 200};
  const auto ask = [&](const std::string& line, std::size_t length) {
    const std::string bytes =
        line + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
    const Outcome head = parse(bytes, {bytes.size()}, limits);
    const std::string all = bytes + std::string(length, 'x');
    const Outcome whole = parse(all, {7}, limits);
    // A length that is too large is refused before the body comes.
    CHECK((head.stage == Stage::failed) == (whole.stage == Stage::failed));
    if (head.stage == Stage::failed) CHECK(head.code == ErrorCode::content_too_large);
    return whole.stage == Stage::whole && whole.body.size() == length;
  };
  CHECK(ask("POST /large", 200));
  CHECK(ask("POST /large?x=1", 200));
  CHECK_FALSE(ask("POST /large", 201));
  CHECK_FALSE(ask("PUT /large", 65));
  CHECK_FALSE(ask("POST /larger", 65));
  CHECK_FALSE(ask("POST /large/", 65));
  CHECK_FALSE(ask("POST /", 65));
  CHECK(ask("POST /", 64));

  const std::string start = "POST /large HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string most = start + "c8\r\n" + std::string(200, 'x') + "\r\n0\r\n\r\n";
  CHECK(parse(most, {most.size()}, limits).stage == Stage::whole);
  const std::string more = start + "c9\r\n" + std::string(201, 'x') + "\r\n0\r\n\r\n";
  CHECK(parse(more, {more.size()}, limits).code == ErrorCode::content_too_large);
}

}  // namespace console_policy::http
