// SPDX-License-Identifier: Apache-2.0
// Stream: a TCP socket, with or without TLS on it, behind one set of asynchronous operations.
//
// Contract: completion handlers are those of Asio and run in the socket's strand.
// Threads:  all calls in that strand.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <utility>

#include "service/http/tls.h"

namespace console_policy::http {

// What one connection does, whichever thread does it (io_threads.h), happens one after another.
using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Strand>;
using TlsContext = std::shared_ptr<boost::asio::ssl::context>;  // null: plain

class Stream final {
 public:
  Stream(Socket socket, TlsContext tls) : socket_{std::move(socket)}, context_{std::move(tls)} {
    if (context_) tls_ = std::make_unique<Tls>(socket_, *context_);
  }

  bool has_tls() const { return tls_ != nullptr; }
  // Of the client's certificate; empty without one.
  std::string client_name() { return tls_ ? peer_name(tls_->native_handle()) : std::string{}; }
  Socket& socket() { return socket_; }

  template <class Handler>
  void handshake(Handler&& handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }
  template <class Handler>
  void read_some(boost::asio::mutable_buffer room, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(room, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(room, std::forward<Handler>(handler));
    }
  }
  template <class Handler>
  void write(boost::asio::const_buffer bytes, Handler&& handler) {
    if (tls_) {
      boost::asio::async_write(*tls_, bytes, std::forward<Handler>(handler));
    } else {
      boost::asio::async_write(socket_, bytes, std::forward<Handler>(handler));
    }
  }
  // TLS only: says close_notify and waits for the peer's.
  template <class Handler>
  void shut_down_tls(Handler&& handler) {
    tls_->async_shutdown(std::forward<Handler>(handler));
  }

 private:
  using Tls = boost::asio::ssl::stream<Socket&>;

  Socket socket_;
  TlsContext context_;  // a later change of certificates must not pull it away
  std::unique_ptr<Tls> tls_;
};

}  // namespace console_policy::http
