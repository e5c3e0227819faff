// SPDX-License-Identifier: Apache-2.0
// Listener: one listening socket and the connections that come from it.
//
// Contract: a connection goes on whichever thread is free (io_threads.h). Accepting goes on when
//           one could not be had: without a descriptor, or memory for the connection, it rests
//           `accept_rest` between tries. Without memory even for that it ends. Beyond the bound on
//           connections, a plain client is told so, a TLS client is closed.
// Errors:   open() says address, port and reason.
// Threads:  open() before the threads start; start(), stop() and reload_certificates() from any
//           one thread.
// Lifetime: kept alive by its pending accept.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "policies/result.h"
#include "service/http/connection.h"
#include "service/http/io_threads.h"
#include "service/http/options.h"

namespace console_policy::http {

class Listener final : public std::enable_shared_from_this<Listener> {
 public:
  static constexpr std::chrono::milliseconds accept_rest{100};

  static Result<std::shared_ptr<Listener>> open(const Listen& listen, IoThreads& threads,
                                                Connection::Surroundings around);

  Listener(const Listen& listen, IoThreads& threads, TlsContext tls,
           Connection::Surroundings around);

  void start();
  void stop();  // no more connections; what was accepted goes on
  // Reads certificate, key and client_ca again: for connections that come from now on. What is
  // wrong with them leaves all as it is. Nothing to do without TLS.
  Status reload_certificates();
  void close();  // the same, at once: for when no thread runs any more

  std::string url() const { return url_; }

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Strand>;
  using Timer = boost::asio::basic_waitable_timer<
      std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Strand>;

  boost::system::error_code bind(const boost::asio::ip::tcp::endpoint& endpoint);
  void accept();
  void on_accepted(const boost::system::error_code& ec);
  void take(Socket socket);
  void rest();

  IoThreads& threads_;
  const Strand strand_;
  Acceptor acceptor_;
  Timer rest_;
  Socket next_;
  const std::optional<TlsFiles> tls_files_;
  TlsContext tls_;  // touched on the strand
  const Connection::Surroundings around_;
  std::string url_;
};

}  // namespace console_policy::http
