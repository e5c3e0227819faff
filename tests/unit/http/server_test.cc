// SPDX-License-Identifier: Apache-2.0
#include "service/http/server.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"

namespace console_policy::http::test {

TEST_CASE("A connection is kept for further requests") {
  EchoServer server;
  RawClient client{server.port()};
  for (int i = 0; i < 3; ++i) {
    const Answer answer = client.ask(get("/echo?n=" + std::to_string(i)));
    REQUIRE(answer.status == 200);
    CHECK(answer.body == "GET /echo?n=" + std::to_string(i) + " 127.0.0.1\n");
    CHECK(answer.field("Connection").empty());
    CHECK(answer.field("Date").size() == 29);
  }
}

TEST_CASE("Pipelined requests are answered in order, also when the first takes longer") {
  EchoServer server;
  RawClient client{server.port()};
  std::string all = get("/later") + post("/echo/1", "one") + get("/later?again");
  for (int i = 2; i < 100; ++i) all += get("/echo/" + std::to_string(i));
  client.send(all);
  CHECK(client.receive().body == "GET /later 127.0.0.1\n");
  CHECK(client.receive().body == "POST /echo/1 127.0.0.1\none");
  CHECK(client.receive().body == "GET /later?again 127.0.0.1\n");
  for (int i = 2; i < 100; ++i) {
    REQUIRE(client.receive().body == "GET /echo/" + std::to_string(i) + " 127.0.0.1\n");
  }
}

TEST_CASE("An answer may come from another thread") {
  EchoServer server;
  RawClient client{server.port()};
  CHECK(client.ask(get("/later")).status == 200);
  CHECK(client.ask(get("/later")).status == 200);
}

TEST_CASE("Answers that come together from another thread reach each its own connection") {
  EchoServer server;
  constexpr std::size_t count = 40;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int round = 0; round < 3; ++round) {
    clients.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (clients[i] == nullptr) clients[i] = std::make_unique<RawClient>(server.port());
      clients[i]->send(post("/hold", std::to_string(i)));
    }
    REQUIRE(server.handler.wait_until_held(count));
    clients.pop_back();  // one that is gone takes nothing from the others
    server.handler.release();
    for (std::size_t i = 0; i + 1 < count; ++i) {
      CHECK(clients[i]->receive().body == "POST /hold 127.0.0.1\n" + std::to_string(i));
    }
  }
}

TEST_CASE("HEAD gets the head of GET and no body") {
  EchoServer server;
  RawClient client{server.port()};
  client.send("HEAD /echo HTTP/1.1\r\nHost: test\r\n\r\n" + get("/echo"));
  const Answer head = client.receive(Expected::head_only);
  CHECK(head.status == 200);
  CHECK(head.field("Content-Length") ==
        std::to_string(std::string{"HEAD /echo 127.0.0.1\n"}.size()));
  CHECK(client.receive().body == "GET /echo 127.0.0.1\n");
}

TEST_CASE("A refused HEAD gets no body either") {
  EchoServer server;
  RawClient client{server.port()};
  client.send("HEAD /echo HTTP/1.1\r\n\r\n");
  CHECK(client.receive(Expected::head_only).status == 400);
  CHECK(client.is_closed());
}

TEST_CASE("A client that sends Connection: close gets it, and the end") {
  EchoServer server;
  RawClient client{server.port()};
  const Answer answer = client.ask(get("/echo", "Connection: close\r\n"));
  CHECK(answer.status == 200);
  CHECK(answer.field("Connection") == "close");
  CHECK(client.is_closed());
}

TEST_CASE("HTTP/1.0 closes unless the client asks for more") {
  EchoServer server;
  SECTION("it does not ask") {
    RawClient client{server.port()};
    const Answer answer = client.ask("GET /echo HTTP/1.0\r\n\r\n");
    CHECK(answer.status == 200);
    CHECK(answer.field("Connection") == "close");
    CHECK(client.is_closed());
  }
  SECTION("it asks") {
    RawClient client{server.port()};
    for (int i = 0; i < 2; ++i) {
      const Answer answer = client.ask("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      CHECK(answer.status == 200);
      CHECK(answer.field("Connection") == "keep-alive");
    }
  }
}

TEST_CASE("A body of the largest size arrives whole") {
  EchoServer server;
  RawClient client{server.port()};
  const std::string body(Limits{}.max_body_bytes, 'x');
  CHECK(client.ask(post("/echo", body)).body == "POST /echo 127.0.0.1\n" + body);
  CHECK(client.ask(get("/echo")).status == 200);
}

TEST_CASE("A client that expects 100-continue gets it") {
  EchoServer server;
  RawClient client{server.port()};
  for (int i = 0; i < 2; ++i) {
    client.send(
        "PUT /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
    CHECK(client.receive(Expected::head_only).status == 100);
    CHECK(client.ask("abc").body == "PUT /echo 127.0.0.1\nabc");
  }
}

TEST_CASE("A client that expects 100-continue for too large a body is refused at once") {
  EchoServer server;
  RawClient client{server.port()};
  const Answer answer = client.ask(
      "PUT /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 65537\r\n\r\n");
  CHECK(answer.status == 413);
  CHECK(answer.field("Connection") == "close");
  CHECK(client.is_closed());
}

TEST_CASE("Other expectations, and 100-continue of HTTP/1.0, are ignored") {
  EchoServer server;
  RawClient client{server.port()};
  CHECK(client.ask(get("/echo", "Expect: gold\r\n")).status == 200);
  const Answer answer =
      client.ask("PUT /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc");
  CHECK(answer.status == 200);
}

TEST_CASE("A half-closed client gets its answers") {
  EchoServer server;
  RawClient client{server.port()};
  client.send(get("/later") + get("/echo"));
  client.end_sending();
  CHECK(client.receive().status == 200);
  CHECK(client.receive().status == 200);
  CHECK(client.is_closed());
}

TEST_CASE("A request that ends in the middle is refused") {
  EchoServer server;
  for (const std::string_view part : {"GET / HT", "GET / HTTP/1.1\r\nHost: te",
                                      "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab"}) {
    RawClient client{server.port()};
    client.send(part);
    client.end_sending();
    CHECK(client.receive().status == 400);
    CHECK(client.is_closed());
  }
}

TEST_CASE("A request that its handler forgets is answered with an internal error") {
  EchoServer server;
  RawClient client{server.port()};
  CHECK(client.ask(get("/lose")).status == 500);
  CHECK(client.is_closed());
}

TEST_CASE("An answer to a client that is gone harms no other") {
  EchoServer server;
  {
    RawClient gone{server.port()};
    gone.send(get("/hold"));
    RawClient reset{server.port()};
    reset.send(get("/hold"));
    REQUIRE(server.handler.wait_until_held(2));
    reset.reset();
  }
  server.handler.release();
  RawClient client{server.port()};
  CHECK(client.ask(get("/echo")).status == 200);
}

TEST_CASE("Clients that reset in every phase harm no other") {
  EchoServer server;
  const std::string whole = post("/later", "body");
  for (std::size_t i = 0; i <= whole.size(); i += 3) {
    RawClient client{server.port()};
    client.send(whole.substr(0, i));
    client.reset();
  }
  RawClient big{server.port()};
  big.send(get("/big"));
  CHECK(big.hears_within(RawClient::patience));
  big.reset();
  RawClient client{server.port()};
  CHECK(client.ask(get("/echo")).status == 200);
}

TEST_CASE("A handler learns that its client has closed the connection") {
  EchoServer server;
  const bool with_reset = GENERATE(false, true);
  RawClient stays{server.port()};
  stays.send(get("/hold"));
  RawClient leaves{server.port()};
  leaves.send(get("/hold") + get("/echo"));
  REQUIRE(server.handler.wait_until_held(2));
  CHECK(server.handler.gone() == 0);
  with_reset ? leaves.reset() : leaves.end_sending();
  const auto deadline = std::chrono::steady_clock::now() + RawClient::patience;
  while (server.handler.gone() == 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  CHECK(server.handler.gone() == 1);
  server.handler.release();
  CHECK(stays.receive().status == 200);
}

TEST_CASE("Both I/O threads serve many clients at once") {
  EchoServer server;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(get("/hold"));
  }
  REQUIRE(server.handler.wait_until_held(100));
  server.handler.release();
  for (const auto& client : clients) REQUIRE(client->receive().status == 200);
}

}  // namespace console_policy::http::test
