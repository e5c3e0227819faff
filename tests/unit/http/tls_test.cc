// SPDX-License-Identifier: Apache-2.0
#include <openssl/ssl.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"
#include "tests/unit/http/tls_client.h"
#include "tests/unit/http/tls_server.h"

namespace console_policy::http::test {
namespace {

std::string failure_with(const std::string& certificate, const std::string& key) {
  EchoHandler handler;
  Options options;
  options.listen.front().port = 0;
  options.listen.front().tls = TlsFiles{certificate, key};
  const auto started = Server::start(options, handler);
  return started.ok() ? std::string{} : started.error().message;
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

}  // namespace

TEST_CASE("TLS 1.2 and 1.3 are spoken, with forward secrecy, over kept connections") {
  TlsServer server;
  CHECK(starts_with(server.server->urls().front(), "https://127.0.0.1:"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClient tcp{server.port()};
    TlsClient client{tcp.descriptor(), version};
    REQUIRE(client.shake_hands());
    CHECK(client.version() == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
    CHECK(client.cipher() ==
          (version == TLS1_2_VERSION ? "ECDHE-ECDSA-AES256-GCM-SHA384" : "TLS_AES_256_GCM_SHA384"));
    CHECK(client.protocol() == "http/1.1");
    for (int i = 0; i < 3; ++i) {
      CHECK(client.send(post("/later", "hello")));
      const std::string answer = client.receive_until("hello");
      CHECK(starts_with(answer, "HTTP/1.1 200 OK\r\n"));
    }
    CHECK(client.send(get("/echo", "Connection: close\r\n")));
    CHECK(starts_with(client.receive_all(), "HTTP/1.1 200 OK\r\n"));
    CHECK(client.ended_cleanly());
  }
}

TEST_CASE("TLS 1.1 is refused") {
  TlsServer server;
  RawClient tcp{server.port()};
  TlsClient client{tcp.descriptor(), TLS1_1_VERSION};
  CHECK_FALSE(client.shake_hands());
  CHECK(client.last_error().find("alert protocol version") != std::string::npos);
}

TEST_CASE("A large answer crosses TLS whole") {
  TlsServer server;
  RawClient tcp{server.port()};
  TlsClient client{tcp.descriptor(), TLS1_3_VERSION};
  REQUIRE(client.shake_hands());
  CHECK(client.send(get("/big", "Connection: close\r\n")));
  const std::string answer = client.receive_all();
  CHECK(answer.size() > EchoHandler::big_bytes);
  CHECK(client.ended_cleanly());
}

TEST_CASE("What is pipelined in one record, or in many, is answered one after the other") {
  TlsServer server;
  RawClient tcp{server.port()};
  TlsClient client{tcp.descriptor(), TLS1_3_VERSION};
  REQUIRE(client.shake_hands());
  CHECK(client.send(get("/1") + get("/later") + get("/3")));
  for (const char* const target : {"/4", "/later", "/6"}) CHECK(client.send(get(target)));
  CHECK(client.send(post("/last", std::string(40'000, 'x') + "end")));
  const std::string answers = client.receive_until("end");
  std::size_t at = 0;
  for (const char* const target : {"/1", "/later", "/3", "/4", "/later", "/6", "/last"}) {
    at = answers.find(std::string{" "} + target + " 127.0.0.1", at);
    REQUIRE(at != std::string::npos);
  }
}

TEST_CASE("Plain bytes on the TLS port end the connection, TLS bytes on the plain port get 400") {
  TlsServer tls;
  RawClient plain{tls.port()};
  plain.send(get("/echo"));
  CHECK(plain.receive().status == 0);

  EchoServer server;
  RawClient tcp{server.port()};
  TlsClient client{tcp.descriptor(), TLS1_3_VERSION};
  CHECK_FALSE(client.shake_hands());
  RawClient other{server.port()};
  CHECK(other.ask("\x16\x03\x01\x02").status == 400);
}

TEST_CASE("A TLS client that does not shake hands is closed after the header timeout") {
  Limits limits = EchoServer::patient_limits();
  limits.header_timeout = std::chrono::milliseconds{200};
  TlsServer server{limits};
  RawClient silent{server.port()};
  CHECK(silent.is_closed());
}

TEST_CASE("A refusal reaches a TLS client, also when its time is over") {
  Limits limits = EchoServer::patient_limits();
  limits.header_timeout = std::chrono::milliseconds{1000};
  TlsServer server{limits};
  for (const auto& [bytes, status] :
       {std::pair<std::string, std::string>{get("/a b"), "HTTP/1.1 400 "},
        {"GET /slow HT", "HTTP/1.1 408 "},
        {post("/echo", std::string(100'000, 'x')), "HTTP/1.1 413 "}}) {
    RawClient tcp{server.port()};
    TlsClient client{tcp.descriptor(), TLS1_3_VERSION};
    REQUIRE(client.shake_hands());
    CHECK(client.send(bytes));
    CHECK(starts_with(client.receive_all(), status));
    CHECK(client.ended_cleanly());
  }
}

TEST_CASE("Draining closes idle TLS connections") {
  TlsServer server;
  RawClient tcp{server.port()};
  TlsClient client{tcp.descriptor(), TLS1_3_VERSION};
  REQUIRE(client.shake_hands());
  CHECK(client.send(get("/echo")));
  CHECK_FALSE(client.receive_until("127.0.0.1\n").empty());
  RawClient silent{server.port()};
  CHECK(server.server->drain());
  CHECK(client.receive_all().empty());
}

TEST_CASE("Certificate and key errors name the file and what is wrong with it") {
  const TestCertificate files;
  const TestCertificate others;
  const std::string nowhere = files.file("nowhere.pem");
  const std::string garbage = files.file("garbage.pem");
  std::ofstream{garbage} << "-----BEGIN GARBAGE-----\n";

  CHECK(failure_with(nowhere, files.key()) == "tls.certificate: " + nowhere + ": cannot be read");
  CHECK(failure_with(files.certificate(), nowhere) == "tls.key: " + nowhere + ": cannot be read");
  CHECK(starts_with(failure_with(garbage, files.key()), "tls.certificate: " + garbage + ": "));
  CHECK(starts_with(failure_with(files.certificate(), garbage), "tls.key: " + garbage + ": "));
  CHECK(starts_with(failure_with(files.certificate(), others.key()),
                    "tls.key: " + others.key() + ": "));
  CHECK(starts_with(failure_with(files.certificate(), files.file("locked.pem")),
                    "tls.key: " + files.file("locked.pem") + ": "));
  CHECK(failure_with(files.certificate(), files.key()).empty());
}

}  // namespace console_policy::http::test
