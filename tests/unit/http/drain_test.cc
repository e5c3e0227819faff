// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <utility>

#include "service/http/connection.h"
#include "service/http/tls.h"
#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"
#include "tests/unit/http/tls_client.h"

namespace console_policy::http::test {

TEST_CASE("Draining closes idle connections and answers requests in flight") {
  EchoServer server;
  RawClient idle{server.port()};
  CHECK(idle.ask(get("/echo")).status == 200);
  RawClient silent{server.port()};
  RawClient busy{server.port()};
  busy.send(get("/hold") + get("/echo"));
  RawClient half{server.port()};
  half.send("GET /echo HTTP/1.1\r\nHo");
  REQUIRE(server.handler.wait_until_held(1));
  // The server has certainly read half's bytes when it has answered a later one.
  RawClient later{server.port()};
  CHECK(later.ask(get("/echo")).status == 200);

  auto drained = std::async(std::launch::async, [&] { return server.server->drain(); });
  CHECK(idle.is_closed());
  CHECK(later.is_closed());
  CHECK(silent.is_closed());

  CHECK(half.send("st: a\r\n\r\n"));
  const Answer finished = half.receive();
  CHECK(finished.status == 200);
  CHECK(finished.field("Connection") == "close");
  half.end_sending();

  server.handler.release();
  const Answer answer = busy.receive();
  CHECK(answer.status == 200);
  CHECK(answer.field("Connection") == "close");
  CHECK(busy.is_closed());
  busy.end_sending();
  CHECK(drained.get());
}

TEST_CASE("A request that crosses the end of a drained connection is not reset") {
  // A proxy repeats a request that got no answer on another server; after a reset it gives up.
  EchoServer server;
  RawClient idle{server.port()};
  REQUIRE(idle.ask(get("/echo")).status == 200);
  auto drained = std::async(std::launch::async, [&] { return server.server->drain(); });
  REQUIRE(idle.hears_within(RawClient::patience));  // the end
  CHECK(idle.send(get("/echo")));
  idle.end_sending();
  CHECK(drained.get());
  int error = 0;
  socklen_t size = sizeof error;
  REQUIRE(::getsockopt(idle.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) == 0);
  CHECK(error == 0);
}

TEST_CASE("Draining ends at its deadline, and returns that something was cut") {
  EchoServer server{EchoServer::patient_limits(), std::chrono::milliseconds{100}};
  RawClient busy{server.port()};
  busy.send(get("/hold"));
  REQUIRE(server.handler.wait_until_held(1));
  CHECK_FALSE(server.server->drain());
  CHECK(busy.is_closed());
  server.handler.release();  // too late, and harmless
}

TEST_CASE("A connection that is drained before it is served is closed") {
  namespace asio = boost::asio;
  const Limits limits = EchoServer::patient_limits();
  Connections connections{limits};
  asio::io_context context;
  EchoHandler handler;
  const TestCertificate files;
  const bool with_tls = GENERATE(false, true);
  TlsContext tls;
  if (with_tls) tls = tls_context({files.certificate(), files.key(), std::nullopt}).value();

  asio::ip::tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
  RawClient client{acceptor.local_endpoint().port()};
  Socket socket{Strand{context.get_executor()}};
  acceptor.accept(socket);
  auto connection = std::make_shared<Connection>(
      std::move(socket), tls, "127.0.0.1", Connection::Dependencies{connections, handler, limits});
  // In the order in which a listener and drain() may reach it, before any thread runs.
  REQUIRE(connections.add(connection, true) == Connections::Place::served);
  connections.drain();
  std::exchange(connection, nullptr)->start();
  context.run();
  CHECK(connections.served() == 0);
  CHECK(client.is_closed());
}

TEST_CASE("A drained server accepts no client") {
  EchoServer server;
  const std::uint16_t port = server.port();
  CHECK(server.server->drain());
  CHECK(server.server->drain());

  Options options;
  options.listen.front().port = port;
  EchoHandler handler;
  CHECK(Server::start(options, handler).ok());  // the port is free again
}

TEST_CASE("A server that is destroyed undrained cuts its connections") {
  auto server = std::make_unique<EchoServer>();
  RawClient idle{server->port()};
  CHECK(idle.ask(get("/echo")).status == 200);
  RawClient half{server->port()};
  half.send("GET /echo HTTP/1.1\r\nHo");
  server.reset();
  CHECK(idle.is_closed());
  CHECK(half.is_closed());
}

}  // namespace console_policy::http::test
