// SPDX-License-Identifier: Apache-2.0
#include "service/http/response_text.h"

#include <catch2/catch.hpp>
#include <ctime>

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

TEST_CASE("An answer of nothing has a length of 0") {
  CHECK(text_of({200, {}, ""}).find("Content-Length: 0\r\n") != std::string::npos);
}

TEST_CASE("Fields cannot break the framing") {
  const std::string text = text_of({200,
                                    {{"Reason", "a\r\nSet-Cookie: b\r\n\r\n<html>"},
                                     {"Bad Name", "x"},
                                     {"Bad\r\nName", "x"},
                                     {"", "x"},
                                     {"content-length", "99"},
                                     {"Transfer-Encoding", "chunked"},
                                     {"connection", "upgrade"},
                                     {"DATE", "today"},
                                     {"Utf-8", "caf\xc3\xa9"}},
                                    "body"});
  CHECK(text ==
        "HTTP/1.1 200 OK\r\n"
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Reason: a  Set-Cookie: b    <html>\r\n"
        "Utf-8: caf\xc3\xa9\r\n"
        "Content-Length: 4\r\n"
        "\r\n"
        "body");
}

TEST_CASE("A status that is no final status becomes 500") {
  for (const int status : {-1, 0, 100, 199, 600, 1000}) {
    CHECK(text_of({status, {}, "body"}).rfind("HTTP/1.1 500 Internal Server Error\r\n", 0) == 0);
  }
  CHECK(text_of({599, {}, "body"}).rfind("HTTP/1.1 599 \r\n", 0) == 0);
}

TEST_CASE("The date agrees with the C library's over three centuries") {
  for (long time = 0; time < 9'200'000'000; time += 86'399 * 7 + 3'607) {
    const std::time_t seconds_since = time;
    std::tm parts{};
    REQUIRE(gmtime_r(&seconds_since, &parts) != nullptr);
    char expected[64];
    const std::size_t size =
        std::strftime(expected, sizeof expected, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    const system_clock::time_point point = system_clock::from_time_t(seconds_since);
    REQUIRE(http_date(point) == std::string(expected, size));
  }
}

}  // namespace console_policy::http
