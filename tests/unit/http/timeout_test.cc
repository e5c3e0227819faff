// SPDX-License-Identifier: Apache-2.0
// Only lower bounds are exact: on a loaded machine everything may come later, but not never.
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"

namespace console_policy::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds soon{200};
constexpr milliseconds drip{20};

class Stopwatch {
 public:
  milliseconds elapsed() const {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start_);
  }

 private:
  steady_clock::time_point start_{steady_clock::now()};
};

// Sends a byte of `text` at a time until the server answers.
void drip_until_answered(RawClient& client, std::string_view text) {
  for (const char c : text) {
    if (client.hears_within(drip)) return;
    if (!client.send(std::string(1, c))) return;
  }
}

}  // namespace

TEST_CASE("A silent client is closed after the idle timeout, without a word") {
  Limits limits = EchoServer::patient_limits();
  limits.idle_timeout = soon;
  EchoServer server{limits};
  const Stopwatch watch;
  RawClient client{server.port()};
  CHECK(client.is_closed());
  CHECK(watch.elapsed() >= soon);
}

TEST_CASE("A kept connection is closed after the idle timeout, without a word") {
  Limits limits = EchoServer::patient_limits();
  limits.idle_timeout = soon;
  EchoServer server{limits};
  RawClient client{server.port()};
  CHECK(client.ask(get("/echo")).status == 200);
  CHECK(client.is_closed());
}

TEST_CASE("A header that drips is refused when its time is over, however it drips") {
  Limits limits = EchoServer::patient_limits();
  limits.header_timeout = soon;
  EchoServer server{limits};
  RawClient client{server.port()};
  const Stopwatch watch;
  drip_until_answered(client, get("/echo", "Name: " + std::string(10'000, 'x') + "\r\n"));
  CHECK(client.receive().status == 408);
  CHECK(watch.elapsed() >= soon);
  client.end_sending();
  CHECK(client.is_closed());
}

TEST_CASE("The header's time begins with its first byte") {
  Limits limits = EchoServer::patient_limits();
  limits.header_timeout = soon;
  EchoServer server{limits};
  RawClient client{server.port()};
  CHECK_FALSE(client.hears_within(2 * soon));
  CHECK(client.ask(get("/echo")).status == 200);
  CHECK_FALSE(client.hears_within(2 * soon));
  CHECK(client.ask(get("/echo")).status == 200);
}

TEST_CASE("A body that drips is refused when its time is over, however it drips") {
  Limits limits = EchoServer::patient_limits();
  limits.body_timeout = soon;
  EchoServer server{limits};
  RawClient client{server.port()};
  const Stopwatch watch;
  client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n");
  drip_until_answered(client, std::string(10'000, 'x'));
  CHECK(client.receive().status == 408);
  CHECK(watch.elapsed() >= soon);
  client.end_sending();
  CHECK(client.is_closed());
}

TEST_CASE("A client that never sends the body it announced is refused") {
  Limits limits = EchoServer::patient_limits();
  limits.body_timeout = soon;
  EchoServer server{limits};
  RawClient client{server.port()};
  client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(client.receive(Expected::head_only).status == 100);
  CHECK(client.receive().status == 408);
}

TEST_CASE("A client that does not read its answer is cut after the write timeout") {
  Limits limits = EchoServer::patient_limits();
  limits.write_timeout = soon;
  EchoServer server{limits};
  RawClient client{server.port(), 4096};
  client.send(get("/big"));
  REQUIRE(client.hears_within(RawClient::patience));
  const auto deadline = steady_clock::now() + RawClient::patience;
  while (server.server->connections() > 0 && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(drip);
  }
  CHECK(client.receive().status == 0);  // the kernel's buffers hold far less than the answer
  RawClient other{server.port()};
  CHECK(other.ask(get("/echo")).status == 200);
}

TEST_CASE("An answer may take longer than every timeout") {
  Limits limits;
  limits.header_timeout = limits.body_timeout = limits.idle_timeout = limits.write_timeout = soon;
  EchoServer server{limits};
  RawClient client{server.port()};
  client.send(get("/hold"));
  REQUIRE(server.handler.wait_until_held(1));
  CHECK_FALSE(client.hears_within(2 * soon));
  server.handler.release();
  CHECK(client.receive().status == 200);
}

}  // namespace console_policy::http::test
