// SPDX-License-Identifier: Apache-2.0
// Stream: a TCP socket, with or without TLS on it, behind one set of operations.
//
// Contract: one operation at a time. Handlers take an error_code, that of read_some() a count too,
//           and run in the socket's strand. handshake() and shut_down_tls() may call theirs
//           before they return, the others never do. Errors are those of Asio; eof with TLS too,
//           however the client has closed.
// Threads:  all calls in that strand.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <utility>

#include "service/http/socket.h"
#include "service/http/tls.h"
#include "service/http/tls_stream.h"

namespace console_policy::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;  // null: plain

class Stream final {
 public:
  // Throws boost::system::system_error, std::bad_alloc.
  Stream(Socket socket, TlsContext tls) : socket_{std::move(socket)}, context_{std::move(tls)} {
    socket_.non_blocking(true);  // what is written at once must not wait
    if (context_) tls_ = std::make_unique<TlsStream>(socket_, context_->native_handle());
  }

  bool has_tls() const { return tls_ != nullptr; }
  // Of the client's certificate; empty without one.
  std::string client_name() { return tls_ ? peer_name(tls_->session()) : std::string{}; }
  Socket& socket() { return socket_; }

  // Whether bytes have arrived that no read has given yet.
  bool has_input() {
    boost::system::error_code ec;
    return (tls_ && tls_->has_input()) || (socket_.available(ec) > 0 && !ec);
  }

  template <class Handler>
  void handshake(Handler handler) {
    tls_->handshake(std::move(handler));
  }

  // What has been received already and is not read yet; 0 when that is nothing, or an error, which
  // read_some() says then.
  std::size_t read_at_once(boost::asio::mutable_buffer room) {
    return tls_ ? tls_->read_at_once(room) : 0;
  }

  template <class Handler>
  void read_some(boost::asio::mutable_buffer room, Handler handler) {
    if (tls_) return tls_->read_some(room, std::move(handler));
    socket_.async_read_some(room, std::move(handler));
  }

  // The read_some() that is under way ends with operation_aborted, unless it has its bytes already.
  void cancel_read() {
    if (tls_) return tls_->cancel_read();
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  // With TLS, takes off `bytes` what can be written at once; whether nothing is left to be done. If
  // something is, and without an error, it is write()'s. Without TLS all of it is: that writes at
  // once as well, and its end comes through the queue of the I/O threads (ADR 0010).
  bool write_at_once(boost::asio::const_buffer& bytes, boost::system::error_code& ec) {
    return tls_ && tls_->write_at_once(bytes, ec);
  }

  // All of the bytes, after what write_at_once() has left to be done.
  template <class Handler>
  void write(boost::asio::const_buffer bytes, Handler handler) {
    if (tls_) return tls_->write(bytes, std::move(handler));
    boost::asio::async_write(socket_, bytes,
                             [handler = std::move(handler)](const boost::system::error_code& ec,
                                                            std::size_t) mutable { handler(ec); });
  }

  // TLS only: says close_notify.
  template <class Handler>
  void shut_down_tls(Handler handler) {
    tls_->shut_down(std::move(handler));
  }

  // What is only needed while bytes come and go.
  void release_buffers() {
    if (tls_) tls_->release_buffers();
  }

 private:
  Socket socket_;
  TlsContext context_;  // a later change of certificates must not pull it away
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace console_policy::http
