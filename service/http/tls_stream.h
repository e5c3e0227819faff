// SPDX-License-Identifier: Apache-2.0
// TlsStream: the server's side of TLS on a TCP socket.
//
// OpenSSL reads what one receive has brought, and its records go to the socket as it makes them. So
// a request costs one receive and one send, as without TLS.
//
// Contract: one operation at a time. Handlers take an error_code, that of read_some() a count too.
//           handshake() and shut_down() may call theirs before they return, the others never do. A
//           cancelled read loses nothing. Of what has arrived it holds 4 KiB, and OpenSSL 17; of
//           what is to be sent one record and what the handshake's protocol says. A long answer
//           lets others have their turn every max_at_once bytes. Nothing but handshake() before
//           that has succeeded.
// Errors:   eof when the client has closed, with or without close_notify; what OpenSSL finds wrong
//           is protocol_error, after its alert has been sent; else the socket's.
// Threads:  all calls in the socket's strand.
// Lifetime: borrows the socket, which does not block; the handlers keep both alive.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "service/http/socket.h"

namespace console_policy::http {

// What OpenSSL reads from and writes to.
struct TlsWire {
  Socket& socket;
  std::string_view arrived;          // and not yet taken by OpenSSL
  std::string unsent;                // what the socket did not take
  boost::system::error_code failed;  // the socket, or memory for `unsent`
};

class TlsStream final {
 public:
  using error_code = boost::system::error_code;
  static constexpr std::size_t max_at_once = 256UL * 1024;

  // What it had no memory for, handshake() says.
  TlsStream(Socket& socket, SSL_CTX* context);
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  SSL* session() { return session_.get(); }

  // Whether something has arrived that no read has given yet.
  bool has_input() const {
    return ended_ || !wire_.arrived.empty() || SSL_has_pending(session_.get()) == 1;
  }

  template <class Handler>
  void handshake(Handler handler) {
    if (!session_) return handler(boost::asio::error::no_memory);
    wait_for_input([this, handler = std::move(handler)](const error_code& ec) mutable {
      if (ec) return handler(ec);
      go_on_with_handshake(std::move(handler));
    });
  }

  // What has arrived already; 0 when that is nothing, or an error, which read_some() says then.
  std::size_t read_at_once(boost::asio::mutable_buffer room);

  template <class Handler>
  void read_some(boost::asio::mutable_buffer room, Handler handler) {
    cancelled_ = false;
    auto go_on = [this, room, handler = std::move(handler)](const error_code& ec) mutable {
      if (ec) return handler(ec, 0);
      go_on_reading(room, std::move(handler));
    };
    if (!has_input()) return wait_for_input(std::move(go_on));
    wire_.socket.async_read_some(  // nothing: it only takes the turn of a read that had to wait
        boost::asio::mutable_buffer{},
        [go_on = std::move(go_on)](const error_code& ec, std::size_t) mutable { go_on(ec); });
  }

  // Ends a read_some() that waits with operation_aborted.
  void cancel_read() {
    cancelled_ = true;
    error_code ignored;
    wire_.socket.cancel(ignored);
  }

  // Takes off `bytes` what becomes records that the socket takes at once, and one more when it is
  // full; whether all is with the socket now. If not, and without an error, the rest is write()'s.
  bool write_at_once(boost::asio::const_buffer& bytes, error_code& ec);

  template <class Handler>
  void write(boost::asio::const_buffer bytes, Handler handler) {
    boost::asio::async_write(
        wire_.socket, boost::asio::buffer(wire_.unsent),
        [this, bytes, handler = std::move(handler)](error_code ec, std::size_t count) mutable {
          forget_sent(count);
          if (ec || write_at_once(bytes, ec) || ec) return handler(ec);
          write(bytes, std::move(handler));
        });
  }

  // Says close_notify; what the client still sends is not read.
  template <class Handler>
  void shut_down(Handler handler) {
    say_close();
    send_rest(std::move(handler));
  }

  // Gives back the 34 KiB that OpenSSL works in, until they are needed again. Nothing while part of
  // a record is there.
  void release_buffers() { SSL_free_buffers(session_.get()); }

 private:
  struct Free {
    void operator()(SSL* session) const { SSL_free(session); }
  };

  // These say would_block when the client has to send more first.
  error_code shake_hands();
  std::size_t take(boost::asio::mutable_buffer room, error_code& ec);
  error_code error_of(int result);

  void say_close();
  void forget_sent(std::size_t count);

  template <class Handler>
  void go_on_with_handshake(Handler handler) {
    const error_code ec = shake_hands();
    send_rest([this, ec, handler = std::move(handler)](const error_code& unsent) mutable {
      if (ec != boost::asio::error::would_block) return handler(ec);
      if (unsent) return handler(unsent);
      handshake(std::move(handler));
    });
  }

  template <class Handler>
  void go_on_reading(boost::asio::mutable_buffer room, Handler handler) {
    error_code ec;
    const std::size_t count = take(room, ec);
    send_rest([this, room, ec, count,
               handler = std::move(handler)](const error_code& unsent) mutable {
      if (ec != boost::asio::error::would_block) return handler(ec, count);
      if (unsent) return handler(unsent, 0);
      wait_for_input([this, room, handler = std::move(handler)](const error_code& failed) mutable {
        if (failed) return handler(failed, 0);
        go_on_reading(room, std::move(handler));
      });
    });
  }

  template <class Then>
  void wait_for_input(Then then) {
    if (cancelled_) return then(boost::asio::error::operation_aborted);
    wire_.socket.async_read_some(
        boost::asio::buffer(arrived_),
        [this, then = std::move(then)](const error_code& ec, std::size_t count) mutable {
          wire_.arrived = {arrived_.data(), count};
          then(ec);
        });
  }

  template <class Then>
  void send_rest(Then then) {
    if (wire_.unsent.empty()) return then(error_code{});
    boost::asio::async_write(
        wire_.socket, boost::asio::buffer(wire_.unsent),
        [this, then = std::move(then)](const error_code& ec, std::size_t count) mutable {
          forget_sent(count);
          then(ec);
        });
  }

  TlsWire wire_;
  std::unique_ptr<SSL, Free> session_;
  bool cancelled_{false};             // the read that is under way
  error_code ended_;                  // what read_at_once() has met
  std::array<char, 4096> arrived_{};  // what wire_.arrived is a part of
};

}  // namespace console_policy::http
