// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <ctime>
#include <memory>
#include <thread>
#include <vector>

#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"

namespace console_policy::http::test {
namespace {

Limits two_connections() {
  Limits limits = EchoServer::patient_limits();
  limits.max_connections = 2;
  return limits;
}

// The server learns of a closed connection a moment after the client: asks until it is served.
bool is_served_at_last(std::uint16_t port) {
  const auto deadline = std::chrono::steady_clock::now() + RawClient::patience;
  while (std::chrono::steady_clock::now() < deadline) {
    RawClient client{port};
    if (client.ask(get("/echo")).status == 200) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return false;
}

}  // namespace

TEST_CASE("Beyond max_connections a client gets an answer, and one that leaves makes room") {
  EchoServer server{two_connections()};
  auto first = std::make_unique<RawClient>(server.port());
  RawClient second{server.port()};
  CHECK(first->ask(get("/echo")).status == 200);
  CHECK(second.ask(get("/echo")).status == 200);

  RawClient third{server.port()};
  const Answer refused = third.ask(get("/echo"));
  CHECK(refused.status == 503);
  CHECK(refused.field("Connection") == "close");
  CHECK(third.is_closed());
  CHECK(second.ask(get("/echo")).status == 200);

  first.reset();
  CHECK(is_served_at_last(server.port()));
}

TEST_CASE("Far beyond max_connections clients are closed, and the first are still served") {
  EchoServer server{two_connections()};
  RawClient first{server.port()};
  CHECK(first.ask(get("/echo")).status == 200);
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 150; ++i) flood.push_back(std::make_unique<RawClient>(server.port()));
  CHECK(first.ask(get("/echo")).status == 200);
  flood.clear();
  CHECK(is_served_at_last(server.port()));
}

TEST_CASE("Accepting survives a process without free descriptors, and does not spin meanwhile") {
  EchoServer server;
  RawClient served{server.port()};
  CHECK(served.ask(get("/echo")).status == 200);
  RawClient waiting;

  rlimit usual{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual) == 0);
  const rlimit none{3, usual.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  waiting.connect(server.port());
  waiting.send(get("/echo"));
  const std::clock_t before = std::clock();
  const bool was_answered = waiting.hears_within(std::chrono::milliseconds{300});
  const std::clock_t spent = std::clock() - before;
  const int status_meanwhile = served.ask(get("/echo")).status;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &usual) == 0);

  CHECK_FALSE(was_answered);
  CHECK(spent < CLOCKS_PER_SEC / 10);
  CHECK(status_meanwhile == 200);
  CHECK(waiting.receive().status == 200);
}

}  // namespace console_policy::http::test
