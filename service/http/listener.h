// SPDX-License-Identifier: Apache-2.0
// Listener: one listening socket and the connections that come from it.
//
// Contract: a connection goes on whichever thread is free (io_threads.h). When one could not be
//           had, for want of a descriptor or of memory, accepting rests until go_on() is called
//           again, which the server does at an interval. Beyond the bound on connections, a plain
//           client is told so, a TLS client is closed.
// Errors:   open() says address, port and reason. go_on() and stop() may throw for want of memory.
// Threads:  open() before the threads start; go_on() from any; stop() and reload_certificates()
//           from any one thread.
// Lifetime: kept alive by its pending accept.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
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
  static Result<std::shared_ptr<Listener>> open(const Listen& listen, IoThreads& threads,
                                                Connection::Surroundings around);

  Listener(const Listen& listen, IoThreads& threads, TlsContext tls,
           Connection::Surroundings around);

  void go_on();  // accepts, unless it does already or was stopped
  void stop();   // no more connections; what was accepted goes on
  // Reads certificate, key and client_ca again: for connections that come from now on. What is
  // wrong with them leaves all as it is. Nothing to do without TLS.
  Status reload_certificates();
  void close();  // the same, at once: for when no thread runs any more

  std::string url() const { return url_; }

 private:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Strand>;
  struct EndTurn {
    void operator()(Listener* listener) const noexcept { listener->accepting_ = false; }
  };
  // Held by the handler of a pending accept, which Asio may also lose.
  using Turn = std::unique_ptr<Listener, EndTurn>;

  boost::system::error_code bind(const boost::asio::ip::tcp::endpoint& endpoint);
  void accept();
  void on_accepted(const boost::system::error_code& ec);
  void take(Socket socket);

  IoThreads& threads_;
  const Strand strand_;
  Acceptor acceptor_;
  Socket next_;
  const std::optional<TlsFiles> tls_files_;
  TlsContext tls_;  // touched on the strand
  const Connection::Surroundings around_;
  std::atomic<bool> accepting_{false};
  std::string url_;
};

}  // namespace console_policy::http
