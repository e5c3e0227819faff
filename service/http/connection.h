// SPDX-License-Identifier: Apache-2.0
// Connection: one client, from accept to close. README.md of this folder draws its states.
//
// Contract: one request at a time; what a client pipelines waits in input_ or in the kernel. At
// most
//           one read or write is in flight. Every state but `handling` has a deadline, which one
//           timer checks every `tick`. After a last answer the client gets time to read it.
// Threads:  runs in its socket's strand; start(), drain() and close() may be called from any
// thread. Lifetime: kept alive by its pending operations and by the Respond of its request. Borrows
// its
//           Dependencies.
#pragma once

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/http/connections.h"
#include "service/http/message.h"
#include "service/http/options.h"
#include "service/http/request_head.h"
#include "service/http/response_text.h"

namespace console_policy::http {

using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Strand>;
using TlsContext = std::shared_ptr<boost::asio::ssl::context>;  // null: plain

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds tick{1000};  // between two looks at the deadline
  // How long a client may take to read a last answer, and how much it may still send meanwhile.
  static constexpr std::chrono::milliseconds linger_time{2000};
  static constexpr std::size_t linger_bytes = 4UL * 1024 * 1024;
  // The buffer of a header, and of a body, at first; it grows to max_header_bytes, or to the body.
  static constexpr std::size_t first_bytes = 2048;

  struct Dependencies {
    Connections& connections;
    Handler& handler;
    const Limits& limits;
  };

  Connection(Socket socket, TlsContext tls, std::string client_address, Dependencies dependencies);
  ~Connection() { connections_.remove(*this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Once, after Connections::add. With a refusal, only answers that and closes.
  void start(const std::optional<Error>& refusal = std::nullopt);
  // Closes it if it is idle; Connections::draining() does the rest.
  void start_drain() { post(&Connection::drain); }
  void close() { post(&Connection::close_now); }

 private:
  enum class State { handshaking, idle, header, body, handling, writing, lingering, closed };
  class Answer;

  void post(void (Connection::*action)()) {
    boost::asio::post(strand_, [self = shared_from_this(), action] { (self.get()->*action)(); });
  }
  void enter(State state, std::chrono::milliseconds time) {
    state_ = state;
    deadline_ = Clock::now() + time;
  }
  void watch();
  void on_tick();
  void cancel_read() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }
  void handshake();
  void become_idle() {
    enter(State::idle, limits_.idle_timeout);
    read();
  }
  void read();
  boost::asio::mutable_buffer room();
  void on_read(const boost::system::error_code& ec, std::size_t count);
  void process_input();
  void begin_body();
  void consume(std::size_t count);
  void handle();
  void answer(const Response& response);
  void refuse(const Error& error);  // answers what never became a request, then closes
  void send(const Response& response);
  void write(boost::asio::const_buffer bytes, void (Connection::*then)());
  void on_sent();
  void drain();
  bool nothing_waits();
  void linger();
  void discard();
  void close_now();

  Socket socket_;
  const TlsContext context_;  // kept: a reload of certificates replaces the listener's
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  const Strand strand_;
  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>, Strand> timer_;
  const std::string client_address_;
  std::string client_name_;  // of its certificate
  Connections& connections_;
  Handler& handler_;
  const Limits& limits_;

  State state_{State::idle};
  Clock::time_point deadline_{Clock::time_point::max()};
  bool reading_{false};
  bool timed_out_{false};  // the cancelled read is answered 408
  std::string input_;      // its size is the room; input_bytes_ of it are used
  std::size_t input_bytes_{0};
  std::size_t checked_bytes_{0};  // of the header that is arriving
  ParsedHead head_;               // of the request that is arriving or being handled
  std::size_t body_bytes_{0};     // of head_.request.body
  Connections::LargeBodyPlace large_body_;
  std::atomic<bool> client_gone_{false};
  Content content_{Content::sent};
  Persistence persistence_{Persistence::close};
  std::string output_;
  std::size_t discarded_bytes_{0};
};

}  // namespace console_policy::http
