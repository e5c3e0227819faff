// SPDX-License-Identifier: Apache-2.0
#include "service/http/connection.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace console_policy::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::string_view continue_text = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

// What a Respond holds: its last copy going away unused is an answer too.
class Connection::Answer final {
 public:
  explicit Answer(std::shared_ptr<Connection> connection) : connection_{std::move(connection)} {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() {
    if (given_.load()) return;
    try {
      asio::post(connection_->strand_, [connection = connection_] {
        connection->guarded([&] {
          if (connection->state_ != State::handling) return;
          connection->refuse(Error{ErrorCode::internal, {}, "a request was dropped unanswered"});
        });
      });
    } catch (const std::exception&) {
      // No memory for the message: the connection closes with its last owner, which may be us.
    }
  }

  void give(Response response) {
    if (given_.exchange(true)) return;
    // Moved: a copy of a used Respond, wherever it is forgotten, keeps no connection.
    const auto connection = std::move(connection_);
    if (connection->strand_.running_in_this_thread()) {
      connection->guarded([&] { connection->answer(response); });
    } else {
      asio::post(connection->strand_, [connection, response = std::move(response)] {
        connection->guarded([&] { connection->answer(response); });
      });
    }
  }

 private:
  std::shared_ptr<Connection> connection_;  // touched by whoever sets given_
  std::atomic<bool> given_{false};
};

Connection::Connection(Socket socket, TlsContext tls, std::string client_address,
                       Surroundings around)
    : stream_{std::move(socket), std::move(tls)},
      client_address_{std::move(client_address)},
      around_{around},
      strand_{stream_.socket().get_executor()},
      deadline_{steady_clock::time_point::max().time_since_epoch().count()},
      input_{std::max(around.limits.max_header_bytes, RequestParser::least_room)} {}

Connection::~Connection() {
  close();
}

void Connection::enter(State state, std::chrono::milliseconds time) {
  state_ = state;
  deadline_.store((steady_clock::now() + time).time_since_epoch().count(),
                  std::memory_order_relaxed);
}

steady_clock::time_point Connection::deadline() const {
  return steady_clock::time_point{
      steady_clock::duration{deadline_.load(std::memory_order_relaxed)}};
}

void Connection::become_idle() {
  const std::chrono::milliseconds whole = around_.limits.idle_timeout;
  const std::chrono::milliseconds first = stream_.has_tls() ? std::min(whole, buffers_kept) : whole;
  enter(State::idle, first);
  idle_until_ = deadline() + (whole - first);
}

void Connection::serve() {
  on_strand([this] {
    if (state_ == State::closed) return;  // cut before it began
    // drain() may have been here when there was nothing yet that it could end.
    if (around_.connections.draining() && (stream_.has_tls() || nothing_waits())) return close();
    if (stream_.has_tls()) {
      handshake();
    } else {
      become_idle();
      read();
    }
  });
}

void Connection::turn_away(Error error) {
  on_strand([this, error = std::move(error)] {
    if (state_ != State::closed) refuse(error);
  });
}

void Connection::handshake() {
  enter(State::handshaking, around_.limits.header_timeout);
  reading_ = true;
  stream_.handshake([self = shared_from_this()](const error_code& ec) {
    self->guarded([&] {
      self->reading_ = false;
      if (ec || self->state_ == State::closed || self->around_.connections.draining()) {
        return self->close();
      }
      self->client_name_ = self->stream_.client_name();
      self->become_idle();
      self->read();
    });
  });
}

void Connection::read() {
  reading_ = true;
  stream_.read_some(input_.room(),
                    [self = shared_from_this()](const error_code& ec, std::size_t count) {
                      self->guarded([&] { self->on_read(ec, count); });
                    });
}

void Connection::on_read(const error_code& ec, std::size_t count) {
  reading_ = false;
  if (state_ == State::closed) return;
  input_.commit(count);
  if (refusal_) return refuse(*std::exchange(refusal_, std::nullopt));
  if (!ec) return advance();
  // Drained while idle. A client may send the next request right now: it must find the end of the
  // connection and not a reset, after which a proxy does not try another server.
  if (ec == asio::error::operation_aborted) return nothing_waits() ? linger() : read();
  if (ec == asio::error::eof) return on_end_of_input();
  close();
}

void Connection::on_end_of_input() {
  if (state_ == State::idle) return close();
  refuse(invalid_request("the connection ended in the middle of a request"));
}

// Uses what is in the buffer; ends by reading more, or with an answer under way.
void Connection::advance() {
  if (state_ == State::idle) {
    enter(State::header, around_.limits.header_timeout);
    parser_.emplace(around_.limits);
  }
  for (;;) {
    input_.consume(parser_->put(input_.view()));
    switch (parser_->stage()) {
      case RequestParser::Stage::header:
        break;
      case RequestParser::Stage::body:
        if (state_ == State::header && !begin_body()) return;
        break;
      case RequestParser::Stage::whole:
        return hand_over();
      case RequestParser::Stage::failed:
        return refuse(parser_->error());
    }
    const std::size_t count = stream_.read_at_once(input_.room());
    if (count == 0) return read();
    input_.commit(count);
  }
}

// Whether to go on reading; else an answer is under way.
bool Connection::begin_body() {
  if (parser_->may_be_large()) {
    large_body_ = around_.large_bodies.take();
    if (!large_body_) {
      refuse(Error{ErrorCode::unavailable, "Too many large bodies are arriving; try again.",
                   "the bound of large bodies at once is reached"});
      return false;
    }
  }
  enter(State::body, around_.limits.body_timeout);
  if (!parser_->awaits_continue()) return true;
  writing_ = true;
  stream_.write(asio::buffer(continue_text.data(), continue_text.size()),
                [self = shared_from_this()](const error_code& ec) {
                  self->guarded([&] {
                    self->writing_ = false;
                    if (self->state_ == State::closed) return;
                    if (ec) return self->close();
                    self->read();
                  });
                });
  return false;
}

void Connection::hand_over() {
  content_ = parser_->is_head() ? Content::withheld : Content::sent;
  persistence_ = Persistence::close;
  if (parser_->keep_alive()) {
    persistence_ =
        parser_->is_http_1_0() ? Persistence::announced_keep_alive : Persistence::keep_alive;
  }
  Request request = parser_->take();
  request.client_address = client_address_;
  request.client_name = client_name_;
  parser_.reset();
  state_ = State::handling;
  deadline_.store(steady_clock::time_point::max().time_since_epoch().count(),
                  std::memory_order_relaxed);
  auto answer = std::make_shared<Answer>(shared_from_this());
  around_.handler.handle(std::move(request), [answer = std::move(answer)](Response response) {
    answer->give(std::move(response));
  });
  if (state_ == State::handling) {
    owed_ = around_.threads.owe();
  } else {
    around_.threads.answered_at_once();
  }
}

void Connection::answer(const Response& response) {
  owed_.reset();
  large_body_.reset();
  if (state_ != State::handling) return;  // cut meanwhile
  const bool last = around_.connections.draining();
  send(response, content_, last ? Persistence::close : persistence_);
}

// Answers what never became a request, then closes.
void Connection::refuse(const Error& error) {
  if (reading_) {  // TLS does not write beside a read that may be cancelled
    refusal_ = error;
    enter(state_, around_.limits.write_timeout);
    stream_.cancel_read();
    return;
  }
  const bool head =
      parser_ ? parser_->is_head() : state_ == State::handling && content_ == Content::withheld;
  const Response response = around_.handler.refuse(error, client_address_);
  parser_.reset();
  owed_.reset();
  large_body_.reset();
  send(response, head ? Content::withheld : Content::sent, Persistence::close);
}

void Connection::send(const Response& response, Content content, Persistence persistence) {
  output_ = response_text(response, content, persistence, std::chrono::system_clock::now());
  said_close_ = persistence == Persistence::close;
  enter(State::writing, around_.limits.write_timeout);
  error_code ec;
  asio::const_buffer bytes = asio::buffer(output_);
  if (stream_.write_at_once(bytes, ec)) return on_sent();
  if (ec) return close();
  writing_ = true;
  stream_.write(bytes, [self = shared_from_this()](const error_code& failed) {
    self->guarded([&] {
      self->writing_ = false;
      if (self->state_ == State::closed) return;
      if (failed) return self->close();
      self->on_sent();
    });
  });
}

void Connection::on_sent() {
  std::string{}.swap(output_);
  if (said_close_) return linger();
  become_idle();
  input_.shrink_if_empty();
  on_strand([this] { go_on(); });
}

// What comes next, pipelined or not, in its turn: a queue that is empty would let the I/O thread
// fall asleep that asks what has arrived, and nobody else may ask (ADR 0010).
void Connection::go_on() {
  if (state_ != State::idle) return;
  if (around_.connections.draining() && nothing_waits()) return linger();
  if (input_.empty()) return read();
  advance();
}

}  // namespace console_policy::http
