// SPDX-License-Identifier: Apache-2.0
// Listener: one listening socket and the connections that come from it.
//
// Contract: beyond the bound on connections a plain client is answered 503; a TLS client is closed.
//           If accepting fails (no descriptor), the listener tries again after `rest`.
// Errors:   open(): with address, port and reason.
// Threads:  open() and start() before the threads run; stop() and reload_certificates() from any.
// Lifetime: kept alive by its pending accept.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "policies/result.h"
#include "service/http/connection.h"
#include "service/http/options.h"

namespace console_policy::http {

class Listener final : public std::enable_shared_from_this<Listener> {
 public:
  static constexpr std::chrono::milliseconds rest{100};

  static Result<std::shared_ptr<Listener>> open(const Listen& listen,
                                                boost::asio::io_context& context,
                                                Connection::Dependencies dependencies);

  Listener(const Listen& listen, boost::asio::io_context& context, TlsContext tls,
           Connection::Dependencies dependencies);

  void start() { accept(); }
  void stop();   // accepts no more; connections stay
  void close();  // the same, after the threads have ended
  // Reads certificate, key and client_ca again, for connections that come from now on. Errors leave
  // all as it is. Does nothing without TLS.
  Status reload_certificates();

  std::string url() const { return url_; }

 private:
  boost::system::error_code bind(const boost::asio::ip::tcp::endpoint& endpoint);
  void accept();
  void on_accepted(const boost::system::error_code& ec, Socket socket);
  void serve(Socket socket);

  boost::asio::io_context& context_;
  const Strand strand_;
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Strand> acceptor_;
  boost::asio::steady_timer rest_;
  const std::optional<TlsFiles> tls_files_;
  TlsContext tls_;  // used in the strand
  const Connection::Dependencies dependencies_;
  std::string url_;
};

}  // namespace console_policy::http
