// SPDX-License-Identifier: Apache-2.0
#include "service/http/connection.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>

#include "service/http/tls.h"

namespace console_policy::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

// What a Respond holds: if its last copy is destroyed unused, the client gets an internal error.
class Connection::Answer final {
 public:
  explicit Answer(std::shared_ptr<Connection> connection) : connection_{std::move(connection)} {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() {
    if (given_) return;
    try {
      asio::post(connection_->strand_, [connection = connection_] {
        if (connection->state_ != State::handling) return;
        connection->refuse(Error{ErrorCode::internal, {}, "a request was dropped unanswered"});
      });
    } catch (const std::exception&) {  // no memory: the connection is closed by a drain
    }
  }

  void give(Response response) {
    if (given_.exchange(true)) return;
    const auto connection = std::move(connection_);  // a used Respond keeps no connection
    if (connection->strand_.running_in_this_thread()) return connection->answer(response);
    asio::post(connection->strand_,
               [connection, response = std::move(response)] { connection->answer(response); });
  }

 private:
  std::shared_ptr<Connection> connection_;  // used by the thread that sets given_
  std::atomic<bool> given_{false};
};

Connection::Connection(Socket socket, TlsContext tls, std::string client_address,
                       Dependencies dependencies)
    : socket_{std::move(socket)},
      context_{std::move(tls)},
      strand_{socket_.get_executor()},
      timer_{strand_},
      client_address_{std::move(client_address)},
      connections_{dependencies.connections},
      handler_{dependencies.handler},
      limits_{dependencies.limits} {
  if (context_) tls_.emplace(socket_, *context_);
}

void Connection::start(const std::optional<Error>& refusal) {
  asio::post(strand_, [self = shared_from_this(), refusal] {
    if (self->state_ == State::closed) return;
    self->watch();
    if (refusal) return self->refuse(*refusal);
    const bool draining = self->connections_.draining();
    if (draining && (self->tls_ || self->nothing_waits())) return self->close_now();
    self->tls_ ? self->handshake() : self->become_idle();
  });
}

// One timer, which no request sets: cheaper than an expiry for each step.
void Connection::watch() {
  timer_.expires_after(tick);
  timer_.async_wait([self = shared_from_this()](const error_code&) { self->on_tick(); });
}

void Connection::on_tick() {
  if (state_ == State::closed) return;
  watch();
  if (state_ == State::handling) {
    pollfd events{socket_.native_handle(), POLLRDHUP, 0};
    if (::poll(&events, 1, 0) > 0) client_gone_ = true;
    return;
  }
  if (Clock::now() < deadline_) return;
  const bool arriving = state_ == State::header || state_ == State::body;
  if (!arriving || !reading_) return close_now();
  timed_out_ = true;
  enter(state_, limits_.write_timeout);
  cancel_read();
}

void Connection::handshake() {
  enter(State::handshaking, limits_.header_timeout);
  const auto done = [self = shared_from_this()](const error_code& ec) {
    if (self->state_ == State::closed) return;
    if (ec || self->connections_.draining()) return self->close_now();
    self->client_name_ = peer_name(self->tls_->native_handle());
    self->become_idle();
  };
  tls_->async_handshake(asio::ssl::stream_base::server, done);
}

void Connection::read() {
  reading_ = true;
  const auto done = [self = shared_from_this()](const error_code& ec, std::size_t count) {
    self->on_read(ec, count);
  };
  if (tls_) return tls_->async_read_some(room(), done);
  socket_.async_read_some(room(), done);
}

// Buffers grow as bytes arrive, not as a client announces them.
asio::mutable_buffer Connection::room() {
  const bool of_body = state_ == State::body;
  std::string& buffer = of_body ? head_.request.body : input_;
  const std::size_t used = of_body ? body_bytes_ : input_bytes_;
  const std::size_t most = of_body ? head_.body_bytes : limits_.max_header_bytes;
  if (used == buffer.size()) buffer.resize(std::min(std::max(2 * used, first_bytes), most));
  return {buffer.data() + used, buffer.size() - used};
}

void Connection::on_read(const error_code& ec, std::size_t count) {
  reading_ = false;
  if (state_ == State::closed) return;
  if (timed_out_) {
    const std::string part = state_ == State::header ? "header" : "body";
    return refuse(
        Error{ErrorCode::request_timeout, "the request " + part + " did not arrive in time", {}});
  }
  // drain() has cancelled an idle read. A client may send its next request right now: it must find
  // the end of the connection and not a reset, after which a proxy does not try another server.
  if (ec == asio::error::operation_aborted) return nothing_waits() ? linger() : read();
  if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
    if (state_ == State::idle) return close_now();
    return refuse(invalid_request("the connection ended in the middle of a request"));
  }
  if (ec) return close_now();
  if (state_ != State::body) {
    input_bytes_ += count;
    return process_input();
  }
  body_bytes_ += count;
  body_bytes_ == head_.body_bytes ? handle() : read();
}

void Connection::process_input() {
  if (state_ == State::closed) return;
  if (state_ == State::idle) {
    enter(State::header, limits_.header_timeout);
    checked_bytes_ = 0;
  }
  const std::string_view text{input_.data(), input_bytes_};
  const FoundHeader found = find_header(text, checked_bytes_, limits_);
  content_ = found.is_head ? Content::withheld : Content::sent;
  checked_bytes_ = text.size();
  if (found.error) return refuse(*found.error);
  if (!found.is_whole) return read();
  Result<ParsedHead> parsed = parse_head(found.text, limits_);
  if (!parsed.ok()) return refuse(parsed.error());
  head_ = std::move(parsed).value();
  consume(found.end);
  begin_body();
}

void Connection::consume(std::size_t count) {
  std::copy(input_.begin() + static_cast<std::ptrdiff_t>(count),
            input_.begin() + static_cast<std::ptrdiff_t>(input_bytes_), input_.begin());
  input_bytes_ -= count;
}

void Connection::begin_body() {
  if (head_.body_bytes > limits_.max_body_bytes) {
    large_body_ = connections_.take_large_body();
    if (!large_body_) {
      return refuse(Error{ErrorCode::unavailable, "Too many large bodies are arriving; try again.",
                          "the bound of large bodies at once is reached"});
    }
  }
  body_bytes_ = std::min(input_bytes_, head_.body_bytes);
  head_.request.body.assign(input_, 0, body_bytes_);
  consume(body_bytes_);
  if (body_bytes_ == head_.body_bytes) return handle();
  enter(State::body, limits_.body_timeout);
  if (!head_.expects_continue || body_bytes_ > 0) return read();
  write(asio::buffer(continue_text), &Connection::read);
}

void Connection::handle() {
  persistence_ = Persistence::close;
  if (head_.keep_alive) {
    persistence_ = head_.is_http_1_0 ? Persistence::announced_keep_alive : Persistence::keep_alive;
  }
  state_ = State::handling;
  client_gone_ = false;
  Request request = std::move(head_.request);
  request.client_address = client_address_;
  request.client_name = client_name_;
  request.client_gone = {shared_from_this(), &client_gone_};
  auto answer = std::make_shared<Answer>(shared_from_this());
  handler_.handle(std::move(request), [answer = std::move(answer)](Response response) {
    answer->give(std::move(response));
  });
}

void Connection::answer(const Response& response) {
  if (state_ != State::handling) return;  // closed meanwhile
  if (connections_.draining()) persistence_ = Persistence::close;
  send(response);
}

void Connection::refuse(const Error& error) {
  persistence_ = Persistence::close;
  send(handler_.refuse(error, client_address_));
}

void Connection::send(const Response& response) {
  enter(State::writing, limits_.write_timeout);
  large_body_.reset();
  output_ = response_text(response, content_, persistence_, std::chrono::system_clock::now());
  write(asio::buffer(output_), &Connection::on_sent);
}

void Connection::write(asio::const_buffer bytes, void (Connection::*then)()) {
  const auto done = [self = shared_from_this(), then](const error_code& ec, std::size_t) {
    if (self->state_ == State::closed) return;
    if (ec) return self->close_now();
    (self.get()->*then)();
  };
  if (tls_) return asio::async_write(*tls_, bytes, done);
  asio::async_write(socket_, bytes, done);
}

void Connection::on_sent() {
  std::string{}.swap(output_);
  if (persistence_ == Persistence::close) return linger();
  if (connections_.draining() && nothing_waits()) return linger();
  if (input_bytes_ == 0) {
    if (input_.size() > first_bytes) std::string{}.swap(input_);
    return become_idle();
  }
  enter(State::idle, limits_.idle_timeout);
  // A turn of its own, so that a client that pipelines does not keep others waiting.
  post(&Connection::process_input);
}

void Connection::drain() {
  if (state_ == State::handshaking) return close_now();
  // Not closed at once: the read may have its bytes already and only wait for this strand.
  if (state_ == State::idle && reading_) cancel_read();
}

bool Connection::nothing_waits() {
  error_code ec;
  return input_bytes_ == 0 && socket_.available(ec) == 0 &&
         !(tls_ && SSL_has_pending(tls_->native_handle()) == 1);
}

// To close with bytes unread would reset the connection, and the client might lose the answer.
void Connection::linger() {
  enter(State::lingering, linger_time);
  std::string{}.swap(input_);
  const auto shut = [self = shared_from_this()](const error_code&) {
    error_code ec;
    self->socket_.shutdown(Socket::shutdown_send, ec);
    ec ? self->close_now() : self->discard();
  };
  if (tls_) return tls_->async_shutdown(shut);
  shut({});
}

void Connection::discard() {
  if (state_ == State::closed) return;
  input_.resize(first_bytes);
  const auto done = [self = shared_from_this()](const error_code& ec, std::size_t count) {
    self->discarded_bytes_ += count;
    ec || self->discarded_bytes_ > linger_bytes ? self->close_now() : self->discard();
  };
  socket_.async_read_some(asio::buffer(input_), done);
}

void Connection::close_now() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  client_gone_ = true;
  large_body_.reset();
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  connections_.remove(*this);
}

}  // namespace console_policy::http
