// SPDX-License-Identifier: Apache-2.0
// How a connection ends: drained, cut, at its deadline, or after its last answer.
#include <boost/asio/error.hpp>

#include "service/http/connection.h"

namespace console_policy::http {
namespace {

using boost::system::error_code;
using std::chrono::steady_clock;

}  // namespace

void Connection::drain() {
  on_strand([this] {
    if (state_ == State::handshaking) return close();
    if (state_ != State::idle || !reading_) return;
    // Not closed at once: the read may have its bytes already, and only wait for this strand.
    stream_.cancel_read();
  });
}

// What has arrived is under way, though it may not have been read yet.
bool Connection::nothing_waits() {
  return input_.empty() && !stream_.has_input();
}

void Connection::cut() {
  on_strand([this] { close(); });
}

void Connection::expire() {
  on_strand([this] {
    if (steady_clock::now() >= deadline()) on_deadline();
  });
}

void Connection::on_deadline() {
  switch (state_) {
    case State::header:
    case State::body:
      if (!writing_) {  // else it does not even take the "100 Continue"
        return refuse(Error{ErrorCode::request_timeout,
                            state_ == State::header ? "the request header did not arrive in time"
                                                    : "the request body did not arrive in time",
                            {}});
      }
      return close();
    case State::idle:
      if (deadline() >= idle_until_) return close();
      stream_.release_buffers();
      return deadline_.store(idle_until_.time_since_epoch().count(), std::memory_order_relaxed);
    case State::handshaking:
    case State::writing:
    case State::lingering:
      return close();
    case State::handling:
    case State::closed:
      return;
  }
}

// To close with bytes unread would reset the connection, and the client might lose the answer.
void Connection::linger() {
  enter(State::lingering, linger_time);
  if (!stream_.has_tls()) return discard();
  writing_ = true;
  stream_.shut_down_tls([self = shared_from_this()](const error_code&) {
    self->guarded([&] {
      self->writing_ = false;
      if (self->state_ != State::closed) self->discard();
    });
  });
}

void Connection::discard() {
  error_code ec;
  if (discarded_bytes_ == 0) stream_.socket().shutdown(Socket::shutdown_send, ec);
  if (ec) return close();
  input_.consume(input_.view().size());
  reading_ = true;
  stream_.socket().async_read_some(
      input_.room(), [self = shared_from_this()](const error_code& failed, std::size_t count) {
        self->guarded([&] {
          self->reading_ = false;
          if (self->state_ == State::closed) return;
          self->discarded_bytes_ += count;
          if (failed || self->discarded_bytes_ > linger_bytes) return self->close();
          self->discard();
        });
      });
}

void Connection::close() noexcept {
  if (state_ == State::closed) return;
  state_ = State::closed;
  owed_.reset();
  large_body_.reset();
  deadline_.store(steady_clock::time_point::max().time_since_epoch().count(),
                  std::memory_order_relaxed);
  error_code ignored;
  stream_.socket().close(ignored);
  around_.connections.remove(*this);
}

}  // namespace console_policy::http
