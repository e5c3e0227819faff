// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"

namespace console_policy::http::test {
namespace {

std::string failure_of(const Listen& listen) {
  EchoHandler handler;
  Options options;
  options.listen = {listen};
  const auto started = Server::start(options, handler);
  return started.ok() ? std::string{} : started.error().message;
}

}  // namespace

TEST_CASE("A port that is taken is reported with address, port and reason") {
  EchoServer server;
  const std::string message = failure_of({"127.0.0.1", server.port(), std::nullopt});
  CHECK(message ==
        "cannot listen on 127.0.0.1:" + std::to_string(server.port()) + ": Address already in use");
}

TEST_CASE("An address of another machine is reported with address, port and reason") {
  CHECK(failure_of({"192.0.2.1", 9797, std::nullopt}) ==
        "cannot listen on 192.0.2.1:9797: Cannot assign requested address");
}

TEST_CASE("A listen address must be a literal") {
  CHECK(failure_of({"localhost", 0, std::nullopt}) ==
        "listen.address: \"localhost\" is not an IPv4 or IPv6 address");
}

TEST_CASE("Nothing is left listening when one of the listeners fails") {
  std::uint16_t free_port = 0;
  {
    EchoServer server;
    free_port = server.port();
    CHECK(server.server->drain());
  }
  EchoHandler handler;
  Options options;
  options.listen = {{"127.0.0.1", free_port, std::nullopt}, {"nowhere", 0, std::nullopt}};
  CHECK_FALSE(Server::start(options, handler).ok());
  options.listen.pop_back();
  CHECK(Server::start(options, handler).ok());
}

TEST_CASE("One server listens on several addresses and returns them") {
  EchoHandler handler;
  Options options;
  options.listen = {{"127.0.0.1", 0, std::nullopt}, {"127.0.0.2", 0, std::nullopt}};
  auto started = Server::start(options, handler);
  REQUIRE(started.ok());
  const auto urls = started.value()->urls();
  REQUIRE(urls.size() == 2);
  CHECK(urls[0].rfind("http://127.0.0.1:", 0) == 0);
  CHECK(urls[1].rfind("http://127.0.0.2:", 0) == 0);
  CHECK(port_of(urls[0]) != 0);
  RawClient client{port_of(urls[0])};
  CHECK(client.ask(get("/echo")).status == 200);
}

TEST_CASE("An IPv6 listener has its address in brackets, where the system has IPv6") {
  EchoHandler handler;
  Options options;
  options.listen = {{"::1", 0, std::nullopt}};
  const auto started = Server::start(options, handler);
  if (started.ok()) {
    CHECK(started.value()->urls().front().rfind("http://[::1]:", 0) == 0);
  } else {
    CHECK(started.error().message.rfind("cannot listen on [::1]:0: ", 0) == 0);
  }
}

}  // namespace console_policy::http::test
