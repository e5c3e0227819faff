// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"

namespace console_policy::http::test {
namespace {

constexpr std::size_t large = 100'000;

Limits one_large_body() {
  Limits limits = EchoServer::patient_limits();
  limits.max_body_bytes = 1'000;
  limits.large_body = LargeBody{"POST", {"/echo"}, 200'000, 1};
  return limits;
}

std::string head(std::size_t length) {
  return "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}

// A place is free a moment after its request has ended: asks until there is one.
bool is_accepted_at_last(std::uint16_t port) {
  const auto deadline = std::chrono::steady_clock::now() + RawClient::patience;
  while (std::chrono::steady_clock::now() < deadline) {
    RawClient client{port};
    if (client.ask(post("/echo", std::string(large, 'b'))).status == 200) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

}  // namespace

TEST_CASE("One large body too many is refused at its header; small ones are still accepted") {
  EchoServer server{one_large_body()};
  RawClient first{server.port()};
  REQUIRE(first.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(large) +
                     "\r\nExpect: 100-continue\r\n\r\n"));
  REQUIRE(first.receive(Expected::head_only).status == 100);  // it has its place
  RawClient second{server.port()};
  CHECK(second.ask(head(large)).status == 503);
  CHECK(second.is_closed());
  RawClient small{server.port()};
  CHECK(small.ask(post("/echo", std::string(1'000, 's'))).status == 200);

  REQUIRE(first.send(std::string(large, 'a')));
  CHECK(first.receive().status == 200);
  CHECK(is_accepted_at_last(server.port()));
}

TEST_CASE("A large body that breaks off gives its place back") {
  EchoServer server{one_large_body()};
  auto first = std::make_unique<RawClient>(server.port());
  REQUIRE(first->send(head(large)));
  first.reset();
  CHECK(is_accepted_at_last(server.port()));
}

}  // namespace console_policy::http::test
