// SPDX-License-Identifier: Apache-2.0
// How records arrive and leave: in pieces, many at once, broken, slowly, or never.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/http/tls_server.h"

namespace console_policy::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t all_at_once = 1UL << 20U;

// A client whose records the test sends itself.
class ByHand {
 public:
  explicit ByHand(std::uint16_t port, int receive_buffer_bytes = 0)
      : tcp{port, receive_buffer_bytes},
        context_{SSL_CTX_new(TLS_client_method()), &SSL_CTX_free},
        tls_{SSL_new(context_.get()), &SSL_free},
        arrived_{BIO_new(BIO_s_mem())},
        made_{BIO_new(BIO_s_mem())} {
    SSL_set_bio(tls_.get(), arrived_, made_);
    SSL_set_connect_state(tls_.get());
  }

  SSL* tls() { return tls_.get(); }

  // What OpenSSL wants to be sent.
  std::string made() {
    std::string bytes(BIO_ctrl_pending(made_), '\0');
    if (!bytes.empty()) BIO_read(made_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  // One record a call.
  std::string record(std::string_view bytes) {
    REQUIRE(SSL_write(tls(), bytes.data(), static_cast<int>(bytes.size())) > 0);
    return made();
  }
  bool send_in_pieces(std::string_view bytes, std::size_t piece) {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      if (!tcp.send(bytes.substr(0, piece))) return false;
    }
    return true;
  }

  bool shake_hands(std::size_t piece = all_at_once) {
    for (;;) {
      const int done = SSL_do_handshake(tls());
      if (!send_in_pieces(made(), piece)) return false;
      if (done == 1) return true;
      if (SSL_get_error(tls(), done) != SSL_ERROR_WANT_READ || !fill()) return false;
    }
  }

  // What comes until `end` is in it, or the connection ends.
  std::string receive_until(std::string_view end) {
    std::string received;
    std::array<char, 16384> piece{};
    ERR_clear_error();
    while (received.find(end) == std::string::npos) {
      const int count = SSL_read(tls(), piece.data(), static_cast<int>(piece.size()));
      if (count > 0) {
        received.append(piece.data(), static_cast<std::size_t>(count));
      } else if (SSL_get_error(tls(), count) != SSL_ERROR_WANT_READ || !fill()) {
        const char* const reason = ERR_reason_error_string(ERR_get_error());
        last_error_ = reason == nullptr ? "" : reason;
        break;
      }
    }
    return received;
  }
  // Of OpenSSL, after something did not come.
  const std::string& last_error() const { return last_error_; }

  RawClient tcp;

 private:
  bool fill() {
    std::array<char, 16384> piece{};
    const ssize_t count = ::recv(tcp.descriptor(), piece.data(), piece.size(), 0);
    return count > 0 && BIO_write(arrived_, piece.data(), static_cast<int>(count)) == count;
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
  BIO* arrived_;  // of the session
  BIO* made_;     // of the session
  std::string last_error_;
};

bool comes_to_pass(const std::function<bool()>& what) {
  const auto deadline = steady_clock::now() + RawClient::patience;
  while (!what()) {
    if (steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds{5});
  }
  return true;
}

std::string answer_to(ByHand& client, std::string_view body) {
  REQUIRE(client.tcp.send(client.record(post("/echo", body))));
  return client.receive_until(body);
}

}  // namespace

TEST_CASE("Handshake and records may come in pieces of any size") {
  TlsServer server;
  for (const std::size_t piece : {1UL, 3UL, 4095UL, 4096UL, 4097UL}) {
    ByHand client{server.port()};
    REQUIRE(client.shake_hands(piece));
    for (const char* const target : {"/first", "/later", "/third"}) {
      CHECK(client.send_in_pieces(client.record(get(target)), piece));
      CHECK(client.receive_until("127.0.0.1\n").find(target) != std::string::npos);
    }
    const std::string body = std::string(16'000, 'x') + "end";
    CHECK(client.send_in_pieces(client.record(post("/body", body)), piece));
    CHECK(client.receive_until("end").find(body) != std::string::npos);
  }
}

TEST_CASE("A request of many records, and many requests, may come at once") {
  TlsServer server;
  ByHand client{server.port()};
  REQUIRE(client.shake_hands());
  std::string records;
  for (const char c : post("/one", "in records of one byte")) records += client.record({&c, 1});
  for (int i = 0; i < 100; ++i) records += client.record(get("/" + std::to_string(i)));
  records += client.record(post("/last", std::string(16'000, 'x') + "end"));
  CHECK(client.tcp.send(records));
  const std::string answers = client.receive_until("xend");
  CHECK(answers.find("in records of one byte") != std::string::npos);
  std::size_t at = 0;
  for (int i = 0; i < 100; ++i) {
    at = answers.find("GET /" + std::to_string(i) + " ", at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("What comes right behind the handshake is not lost") {
  TlsServer server;
  ByHand client{server.port()};
  CHECK(SSL_do_handshake(client.tls()) == -1);
  CHECK(client.tcp.send(client.made()));
  std::string last;
  while (last.empty()) {  // the server's part has come when OpenSSL has made the last of ours
    std::array<char, 16384> piece{};
    const ssize_t count = ::recv(client.tcp.descriptor(), piece.data(), piece.size(), 0);
    REQUIRE(count > 0);
    REQUIRE(BIO_write(SSL_get_rbio(client.tls()), piece.data(), static_cast<int>(count)) == count);
    if (SSL_do_handshake(client.tls()) == 1) last = client.made();
  }
  CHECK(client.tcp.send(last + client.record(get("/at_once"))));
  CHECK(client.receive_until("127.0.0.1\n").find("/at_once") != std::string::npos);
}

TEST_CASE("A client that has sent close_notify after its request is answered") {
  TlsServer server;
  ByHand client{server.port()};
  REQUIRE(client.shake_hands());
  std::string records = client.record(get("/later"));
  SSL_shutdown(client.tls());
  records += client.made();
  CHECK(client.tcp.send(records));
  client.tcp.end_sending();
  CHECK(client.receive_until("127.0.0.1\n").find("/later") != std::string::npos);
  CHECK(comes_to_pass([&] { return server.server->connections() == 0; }));
}

TEST_CASE(
    "A record that is broken ends its connection with an alert, behind the answer before it") {
  TlsServer server;
  ByHand client{server.port()};
  REQUIRE(client.shake_hands());
  std::string records = client.record(get("/before"));
  std::string broken = client.record(get("/behind"));
  broken.back() = static_cast<char>(broken.back() ^ 1);
  CHECK(client.tcp.send(records + broken));
  const std::string answer = client.receive_until("never");
  CHECK(answer.find("/before") != std::string::npos);
  CHECK(answer.find("/behind") == std::string::npos);
  CHECK(client.last_error() == "sslv3 alert bad record mac");
  CHECK(comes_to_pass([&] { return server.server->connections() == 0; }));
  ByHand other{server.port()};
  REQUIRE(other.shake_hands());
  CHECK_FALSE(answer_to(other, "still served").empty());
}

TEST_CASE("Keys may be renewed at any time, and often") {
  TlsServer server;
  ByHand client{server.port()};
  REQUIRE(client.shake_hands());
  std::string records;
  for (int i = 0; i < 50; ++i) {
    REQUIRE(SSL_key_update(client.tls(), SSL_KEY_UPDATE_REQUESTED) == 1);
    records += client.record(get("/" + std::to_string(i)));
  }
  CHECK(client.tcp.send(records));
  CHECK(client.receive_until("GET /49 ").find("GET /0 ") != std::string::npos);
}

TEST_CASE(
    "An answer larger than all buffers reaches a client that reads slowly, and only that one "
    "waits") {
  TlsServer server;
  ByHand slow{server.port(), 4096};
  REQUIRE(slow.shake_hands());
  CHECK(slow.tcp.send(slow.record(get("/big"))));
  REQUIRE(slow.tcp.hears_within(RawClient::patience));
  ByHand other{server.port()};
  REQUIRE(other.shake_hands());
  CHECK_FALSE(answer_to(other, "meanwhile").empty());
  const std::string answer = slow.receive_until("\r\n\r\n");
  std::size_t bytes = answer.size() - answer.find("\r\n\r\n") - 4;
  while (bytes < EchoHandler::big_bytes) {
    const std::string more = slow.receive_until("b");
    REQUIRE_FALSE(more.empty());
    bytes += more.size();
  }
  CHECK(bytes == EchoHandler::big_bytes);
  CHECK_FALSE(answer_to(slow, "and again").empty());
}

TEST_CASE("A TLS client that does not read its answer is cut after the write timeout") {
  Limits limits = EchoServer::patient_limits();
  limits.write_timeout = milliseconds{200};
  TlsServer server{limits};
  ByHand client{server.port(), 4096};
  REQUIRE(client.shake_hands());
  CHECK(client.tcp.send(client.record(get("/big"))));
  CHECK(comes_to_pass([&] { return server.server->connections() == 0; }));
}

TEST_CASE("A client may go in the middle of anything") {
  TlsServer server;
  const auto end = [&](ByHand& client, bool with_reset) {
    with_reset ? client.tcp.reset() : client.tcp.end_sending();
  };
  for (const bool with_reset : {false, true}) {
    ByHand greeting{server.port()};
    CHECK(SSL_do_handshake(greeting.tls()) == -1);
    CHECK(greeting.tcp.send(greeting.made().substr(0, 100)));
    end(greeting, with_reset);
    ByHand record{server.port()};
    REQUIRE(record.shake_hands());
    CHECK(record.tcp.send(record.record(get("/half")).substr(0, 20)));
    end(record, with_reset);
    ByHand request{server.port()};
    REQUIRE(request.shake_hands());
    CHECK(request.tcp.send(request.record("GET /half")));
    end(request, with_reset);
    ByHand answer{server.port(), 4096};
    REQUIRE(answer.shake_hands());
    CHECK(answer.tcp.send(answer.record(get("/big"))));
    REQUIRE(answer.tcp.hears_within(RawClient::patience));
    answer.tcp.reset();
    if (!with_reset) {
      CHECK(request.receive_until("never").find("HTTP/1.1 400 ") == 0);
      CHECK(record.receive_until("never").empty());
    }
    CHECK(comes_to_pass([&] { return server.server->connections() == 0; }));
  }
  ByHand other{server.port()};
  REQUIRE(other.shake_hands());
  CHECK_FALSE(answer_to(other, "still served").empty());
}

}  // namespace console_policy::http::test
