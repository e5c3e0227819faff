// SPDX-License-Identifier: Apache-2.0
// Reads top to bottom: start, deadlines, header, body, handler, answer, end.
#include "service/http/connection.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/post.hpp>
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

// A deadline is noticed this much late at most.
milliseconds tick_of(const Limits& limits) {
  const milliseconds shortest = std::min(
      {limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp(shortest / 4, milliseconds{5}, milliseconds{1000});
}

bool has_closed(int socket) {
  pollfd events{socket, POLLRDHUP, 0};
  return ::poll(&events, 1, 0) > 0;
}

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
    } catch (const std::exception&) {
      // No memory for the message: the connection is closed when the server drains.
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
      dependencies_{dependencies},
      tick_{tick_of(dependencies.limits)} {
  if (context_) tls_.emplace(socket_, *context_);
}

Connection::~Connection() {
  dependencies_.connections.remove(*this);
}

void Connection::start() {
  asio::post(strand_, [self = shared_from_this()] {
    if (self->state_ == State::closed) return;
    if (self->dependencies_.connections.draining()) return self->close_now();
    self->watch();
    if (self->tls_) return self->handshake();
    self->enter(State::idle, self->dependencies_.limits.idle_timeout);
    self->read();
  });
}

void Connection::start_refusing(Error why) {
  asio::post(strand_, [self = shared_from_this(), why = std::move(why)] {
    if (self->state_ == State::closed) return;
    self->watch();
    self->refuse(why);
  });
}

void Connection::enter(State state, milliseconds time) {
  state_ = state;
  deadline_ = Clock::now() + time;
}

// One timer, never set again by a request: cheaper than an expiry for each step.
void Connection::watch() {
  timer_.expires_after(tick_);
  timer_.async_wait([self = shared_from_this()](const error_code&) { self->on_tick(); });
}

void Connection::on_tick() {
  if (state_ == State::handling && has_closed(socket_.native_handle())) client_gone_ = true;
  if (state_ != State::handling && Clock::now() >= deadline_) on_deadline();
  if (state_ != State::closed) watch();
}

void Connection::on_deadline() {
  switch (state_) {
    case State::header:
    case State::body: {
      if (!reading_) return close_now();  // the client does not even take the "100 Continue"
      timed_out_ = true;
      enter(state_, dependencies_.limits.write_timeout);
      error_code ignored;
      socket_.cancel(ignored);
      return;
    }
    case State::handshaking:
    case State::idle:
    case State::writing:
    case State::lingering:
      return close_now();
    case State::handling:
    case State::closed:
      return;
  }
}

void Connection::handshake() {
  enter(State::handshaking, dependencies_.limits.header_timeout);
  tls_->async_handshake(asio::ssl::stream_base::server,
                        [self = shared_from_this()](const error_code& ec) {
                          if (self->state_ == State::closed) return;
                          if (ec || self->dependencies_.connections.draining())
                            return self->close_now();
                          self->client_name_ = peer_name(self->tls_->native_handle());
                          self->enter(State::idle, self->dependencies_.limits.idle_timeout);
                          self->read();
                        });
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
  const std::size_t most = of_body ? head_.body_bytes : dependencies_.limits.max_header_bytes;
  if (used == buffer.size()) buffer.resize(std::min(std::max(2 * used, first_bytes), most));
  return {buffer.data() + used, buffer.size() - used};
}

void Connection::on_read(const error_code& ec, std::size_t count) {
  reading_ = false;
  if (state_ == State::closed) return;
  if (timed_out_) {
    return refuse(Error{ErrorCode::request_timeout,
                        state_ == State::header ? "the request header did not arrive in time"
                                                : "the request body did not arrive in time",
                        {}});
  }
  // drain() has cancelled an idle read. A client may send its next request right now: it must find
  // the end of the connection and not a reset, after which a proxy does not try another server.
  if (ec == asio::error::operation_aborted) return nothing_waits() ? linger() : read();
  if (ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
    if (state_ == State::idle) return close_now();
    return refuse(invalid_request("the connection ended in the middle of a request"));
  }
  if (ec) return close_now();
  if (state_ == State::body) {
    body_bytes_ += count;
    return continue_body();
  }
  input_bytes_ += count;
  process_input();
}

void Connection::process_input() {
  if (state_ == State::closed) return;
  if (state_ == State::idle) {
    enter(State::header, dependencies_.limits.header_timeout);
    checked_bytes_ = 0;
  }
  const std::string_view text{input_.data(), input_bytes_};
  const FoundHeader found = find_header(text, checked_bytes_, dependencies_.limits);
  content_ = found.is_head ? Content::withheld : Content::sent;
  checked_bytes_ = text.size();
  if (found.error) return refuse(*found.error);
  if (!found.is_whole) return read();
  Result<ParsedHead> parsed = parse_head(found.text, dependencies_.limits);
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
  if (head_.body_bytes > dependencies_.limits.max_body_bytes) {
    large_body_ = dependencies_.connections.take_large_body();
    if (!large_body_) {
      return refuse(Error{ErrorCode::unavailable, "Too many large bodies are arriving; try again.",
                          "the bound of large bodies at once is reached"});
    }
  }
  body_bytes_ = std::min(input_bytes_, head_.body_bytes);
  head_.request.body.assign(input_, 0, body_bytes_);
  consume(body_bytes_);
  enter(State::body, dependencies_.limits.body_timeout);
  if (head_.expects_continue && body_bytes_ == 0 && head_.body_bytes > 0) {
    return write(asio::buffer(continue_text), &Connection::read);
  }
  continue_body();
}

void Connection::continue_body() {
  body_bytes_ == head_.body_bytes ? handle() : read();
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
  dependencies_.handler.handle(std::move(request), [answer = std::move(answer)](Response response) {
    answer->give(std::move(response));
  });
}

void Connection::answer(const Response& response) {
  if (state_ != State::handling) return;  // closed meanwhile
  if (dependencies_.connections.draining()) persistence_ = Persistence::close;
  send(response);
}

// Answers what never became a request, then closes.
void Connection::refuse(const Error& error) {
  persistence_ = Persistence::close;
  send(dependencies_.handler.refuse(error, client_address_));
}

void Connection::send(const Response& response) {
  enter(State::writing, dependencies_.limits.write_timeout);
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
  enter(State::idle, dependencies_.limits.idle_timeout);
  if (dependencies_.connections.draining() && nothing_waits()) return linger();
  if (input_bytes_ > 0) {
    // A turn of its own, so that a client that pipelines does not keep others waiting.
    return asio::post(strand_, [self = shared_from_this()] { self->process_input(); });
  }
  if (input_.size() > first_bytes) std::string{}.swap(input_);
  read();
}

void Connection::drain() {
  asio::post(strand_, [self = shared_from_this()] {
    if (self->state_ == State::handshaking) return self->close_now();
    error_code ignored;
    // Not closed at once: the read may have its bytes already and only wait for this strand.
    if (self->state_ == State::idle && self->reading_) self->socket_.cancel(ignored);
  });
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
    if (self->state_ == State::lingering) self->socket_.shutdown(Socket::shutdown_send, ec);
    if (!ec && self->state_ == State::lingering) return self->discard();
    self->close_now();
  };
  if (tls_) return tls_->async_shutdown(shut);
  shut({});
}

void Connection::discard() {
  input_.resize(first_bytes);
  socket_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](const error_code& ec, std::size_t count) {
                            self->discarded_bytes_ += count;
                            if (ec || self->discarded_bytes_ > linger_bytes)
                              return self->close_now();
                            if (self->state_ == State::lingering) self->discard();
                          });
}

void Connection::close() {
  asio::post(strand_, [self = shared_from_this()] { self->close_now(); });
}

void Connection::close_now() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  client_gone_ = true;
  large_body_.reset();
  error_code ignored;
  socket_.close(ignored);
  timer_.cancel();
  dependencies_.connections.remove(*this);
}

}  // namespace console_policy::http
