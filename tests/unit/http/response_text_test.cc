// SPDX-License-Identifier: Apache-2.0
#include "service/http/response_text.h"

#include <catch2/catch.hpp>

namespace console_policy::http {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

const system_clock::time_point example{seconds{784111777}};

std::string text_of(const Response& response) {
  return response_text(response, Content::sent, Persistence::keep_alive, example);
}

}  // namespace

TEST_CASE("An answer is status line, fields, and body") {
  CHECK(text_of({201, {{"Content-Type", "text/plain"}}, "made"}) ==
        "HTTP/1.1 201 Created\r\n"
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Content-Type: text/plain\r\n"
        "Content-Length: 4\r\n"
        "\r\n"
        "made");
}

TEST_CASE("204 and 304 carry neither length nor body") {
  for (const int status : {204, 304}) {
    const std::string text = text_of({status, {}, "stray"});
    CHECK(text.find("Content-Length") == std::string::npos);
    CHECK(text.find("stray") == std::string::npos);
  }
}

TEST_CASE("An empty answer has a length of 0") {
  CHECK(text_of({200, {}, ""}).find("Content-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("A value cannot break the framing") {
  const std::string text = text_of(
      {200, {{"Reason", "a\r\nSet-Cookie: b\r\n\r\n<html>"}, {"Utf-8", "caf\xc3\xa9"}}, "body"});
  CHECK(text ==
        "HTTP/1.1 200 OK\r\n"
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Reason: a  Set-Cookie: b    <html>\r\n"
        "Utf-8: caf\xc3\xa9\r\n"
        "Content-Length: 4\r\n"
        "\r\n"
        "body");
}

}  // namespace console_policy::http
