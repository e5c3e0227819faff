// SPDX-License-Identifier: Apache-2.0
// What is not a request: the table of README.md in service/http, as bytes.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"

namespace console_policy::http::test {
namespace {

struct Case {
  std::string name;
  int status;
  std::string bytes;
};

std::string with(const std::string& fields) {
  return "GET /echo HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string to(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::vector<Case> request_lines() {
  return {
      {"garbage", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"},
      {"HTTP/0.9", 400, "GET /\r\n\r\n"},
      {"HTTP/2 preface", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"HTTP/9.9", 400, "GET / HTTP/9.9\r\nHost: a\r\n\r\n"},
      {"no version", 400, "GET / \r\nHost: a\r\n\r\n"},
      {"no version and no field", 400, "GET / \r\n\r\n"},
      {"LF only", 400, "GET / HTTP/1.1\nHost: a\n\n"},
      {"two spaces", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"space in target", 400, to("/a b")},
      {"latin-1 in target", 400, to("/caf\xe9")},
      {"UTF-8 in target", 400, to("/caf\xc3\xa9")},
      {"TAB in target", 400, to("/a\tb")},
      {"NUL in target", 400, to(std::string{"/a\0b", 4})},
      {"fragment in target", 400, to("/a#b")},
      {"half a percent escape", 400, to("/a%2")},
      {"bad percent escape", 400, to("/a%zz")},
      {"no slash in front", 400, to("echo")},
      {"star with GET", 400, to("*")},
      {"absolute form of another scheme", 400, to("ftp://a/echo")},
      {"absolute form without host", 400, to("http:///echo")},
      {"absolute form with userinfo", 400, to("http://u:p@a/echo")},
      {"TRACE", 501, "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"CONNECT", 501, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"},
      {"method that is no token", 400, "G(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"long target", 414, to("/" + std::string(8 * 1024, 'x'))},
      {"longer target", 414, to("/" + std::string(100 * 1024, 'x'))},
  };
}

std::vector<Case> fields() {
  return {
      {"no Host", 400, "GET /echo HTTP/1.1\r\n\r\n"},
      {"two Hosts", 400, with("Host: a\r\n")},
      {"empty Host", 400, "GET /echo HTTP/1.1\r\nHost:\r\n\r\n"},
      {"Host list", 400, "GET /echo HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {"Host with a path", 400, "GET /echo HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"Host with userinfo", 400, "GET /echo HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {"Host with a bad port", 400, "GET /echo HTTP/1.1\r\nHost: a:b\r\n\r\n"},
      {"two Hosts in HTTP/1.0", 400, "GET /echo HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
      {"space before the colon", 400, with("Name : value\r\n")},
      {"no colon", 400, with("Name value\r\n")},
      {"empty name", 400, with(": value\r\n")},
      {"NUL in a value", 400, with(std::string{"Name: a\0b\r\n", 11})},
      {"CR in a value", 400, with("Name: a\rb\r\n")},
      {"DEL in a value", 400, with("Name: a\x7f\r\n")},
      {"latin-1 in a name", 400, with("Caf\xe9: a\r\n")},
      {"latin-1 in Host", 400, "GET /echo HTTP/1.1\r\nHost: caf\xe9\r\n\r\n"},
      {"folded value", 400, with("Name: a\r\n b\r\n")},
      {"folded value that begins empty", 400, with("Name:\r\n b\r\n")},
      {"fold before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"a long field", 431, with("Name: " + std::string(100 * 1024, 'x') + "\r\n")},
      {"100k fields", 431, with([] {
         std::string many;
         for (int i = 0; i < 100'000; ++i) many += "a: b\r\n";
         return many;
       }())},
  };
}

std::vector<Case> framing() {
  return {
      {"negative length", 400, with("Content-Length: -1\r\n")},
      {"signed length", 400, with("Content-Length: +1\r\n") + "a"},
      {"empty length", 400, with("Content-Length:\r\n")},
      {"hexadecimal length", 400, with("Content-Length: 0x7\r\n")},
      {"length in words", 400, with("Content-Length: seven\r\n")},
      {"length list", 400, with("Content-Length: 3, 3\r\n") + "abc"},
      {"two equal lengths", 400, with("Content-Length: 3\r\nContent-Length: 3\r\n") + "abc"},
      {"two lengths", 400, with("Content-Length: 3\r\nContent-Length: 4\r\n") + "abc"},
      {"length of 2^64", 400, with("Content-Length: 18446744073709551616\r\n")},
      {"length of 2^63 - 1", 413, with("Content-Length: 9223372036854775807\r\n")},
      {"length beyond the bound", 413, with("Content-Length: 65537\r\n")},
      {"length and encoding", 400,
       with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"},
      {"encoding and length", 400,
       with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n") + "0\r\n\r\n"},
      {"unknown encoding and length", 411,
       with("Transfer-Encoding: xchunked\r\nContent-Length: 3\r\n") + "abc"},
      {"unknown encoding", 411, with("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n"},
      {"encodings", 411, with("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n"},
      {"chunked", 411, with("Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n"},
      {"encoding twice", 400,
       with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"},
      {"encoding in HTTP/1.0", 411,
       "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
  };
}

void check(const std::vector<Case>& cases) {
  EchoServer server;
  for (const Case& each : cases) {
    INFO(each.name);
    RawClient client{server.port()};
    client.send(each.bytes);
    const Answer answer = client.receive();
    CHECK(answer.status == each.status);
    CHECK(answer.field("Connection") == "close");
    CHECK(!answer.body.empty());
    client.end_sending();
    CHECK(client.is_closed());
  }
  RawClient client{server.port()};
  CHECK(client.ask(get("/echo")).status == 200);
}

}  // namespace

TEST_CASE("Malformed request lines are refused and the connection closed") {
  check(request_lines());
}

TEST_CASE("Malformed and missing fields are refused and the connection closed") {
  check(fields());
}

TEST_CASE("A body whose end is not certain is refused and the connection closed") {
  check(framing());
}

TEST_CASE("What is unusual and well-formed is served") {
  EchoServer server;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\r\n\r\n" + get("/blank-lines-before"), "GET /blank-lines-before"},
      {to("http://other:80/absolute?q=1"), "GET /absolute?q=1"},
      {to("HTTPS://[::1]:443"), "GET /"},
      {to("http://other?q"), "GET /?q"},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS *"},
      {"OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS *"},
      {"get /lower HTTP/1.1\r\nHost: a\r\n\r\n", "get /lower"},
      {"UNHEARD-OF /method HTTP/1.1\r\nHost: a\r\n\r\n", "UNHEARD-OF /method"},
      {to("//a/../b/%2e%2E/%00;p=1?x=/?:@!$&'()*+,;=-._~"),
       "GET //a/../b/%2e%2E/%00;p=1?x=/?:@!$&'()*+,;=-._~"},
      {with("Name: a\tb\r\nEmpty:\r\n"), "GET /echo"},
      {with("X-SSL-Client-CN: J\xf6rg\r\n"), "GET /echo"},
      {"GET /echo HTTP/1.1\r\nhOST:[fe80::1]:1 \r\n\r\n", "GET /echo"},
      {"GET /echo HTTP/1.0\r\n\r\n", "GET /echo"},
  };
  for (const auto& [request, echoed] : cases) {
    RawClient client{server.port()};
    const Answer answer = client.ask(request);
    CHECK(answer.status == 200);
    CHECK(answer.body == echoed + " 127.0.0.1\n");
  }
}

}  // namespace console_policy::http::test
