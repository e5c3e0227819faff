// SPDX-License-Identifier: Apache-2.0
// A server with one TLS listener on a free port, and a certificate made on the spot.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <utility>

#include "service/http/server.h"
#include "tests/unit/http/echo_handler.h"
#include "tests/unit/http/raw_client.h"
#include "tests/unit/http/tls_client.h"

namespace console_policy::http::test {

struct TlsServer {
  explicit TlsServer(Limits limits = EchoServer::patient_limits()) {
    Options options;
    options.listen.front().port = 0;
    options.listen.front().tls = TlsFiles{files.certificate(), files.key()};
    options.limits = limits;
    auto started = Server::start(options, handler);
    REQUIRE(started.ok());
    server = std::move(started).value();
  }
  ~TlsServer() { handler.finish(); }

  std::uint16_t port() const { return port_of(server->urls().front()); }

  TestCertificate files;
  EchoHandler handler;
  std::unique_ptr<Server> server;
};

}  // namespace console_policy::http::test
