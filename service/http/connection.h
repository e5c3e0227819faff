// SPDX-License-Identifier: Apache-2.0
// Connection: one client, from accept to close. README.md of this folder draws its states.
//
// Contract: one request at a time; what a client pipelines waits in the input buffer, or in the
//           kernel. At most one read and one write are under way, never both. Every state but
//           `handling` has an absolute deadline. Before a connection that was spoken to is closed,
//           the client gets time to read the last answer.
// Threads:  runs in its socket's strand; drain(), cut(), expire() and deadline() may be called from
//           any thread.
// Lifetime: kept alive by its pending operations and by the Respond of its request; borrows all
//           that is handed in, which the server keeps longer.
#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "policies/error.h"
#include "service/http/connections.h"
#include "service/http/input_buffer.h"
#include "service/http/io_threads.h"
#include "service/http/large_bodies.h"
#include "service/http/message.h"
#include "service/http/options.h"
#include "service/http/request_parser.h"
#include "service/http/response_text.h"
#include "service/http/stream.h"

namespace console_policy::http {

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  // How long a client may take to read a last answer, and how much it may still send meanwhile.
  static constexpr std::chrono::milliseconds linger_time{2000};
  static constexpr std::size_t linger_bytes = 4UL * 1024 * 1024;
  // After a request, or its handshake, a connection keeps the buffers of TLS for the next one.
  static constexpr std::chrono::milliseconds buffers_kept{1000};

  struct Surroundings {
    IoThreads& threads;
    Connections& connections;
    LargeBodies& large_bodies;
    Handler& handler;
    const Limits& limits;
  };

  Connection(Socket socket, TlsContext tls, std::string client_address, Surroundings around);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One of the two, once, after Connections::add.
  void serve();
  void turn_away(Error error);

  void drain();   // closes if idle; Connections::draining() does the rest
  void cut();     // close now
  void expire();  // act on the deadline, if it has really passed
  std::chrono::steady_clock::time_point deadline() const;

 private:
  enum class State { handshaking, idle, header, body, handling, writing, lingering, closed };
  class Answer;

  template <class Action>
  void on_strand(Action action);
  template <class Action>
  void guarded(Action action) noexcept;

  void enter(State state, std::chrono::milliseconds time);
  void become_idle();
  void handshake();
  void read();
  void on_read(const boost::system::error_code& ec, std::size_t count);
  void on_end_of_input();
  void on_deadline();
  void advance();
  bool begin_body();
  void hand_over();
  void answer(const Response& response);
  void refuse(const Error& error);
  void send(const Response& response, Content content, Persistence persistence);
  void on_sent();
  void go_on();
  void linger();
  void discard();
  bool nothing_waits();
  void close() noexcept;

  Stream stream_;
  const std::string client_address_;
  std::string client_name_;  // of its certificate
  const Surroundings around_;
  const Strand strand_;

  State state_{State::idle};
  std::atomic<std::chrono::steady_clock::rep> deadline_;
  std::chrono::steady_clock::time_point idle_until_;
  InputBuffer input_;
  std::optional<RequestParser> parser_;  // while a request is arriving
  LargeBodies::Place large_body_;        // until its request is answered
  IoThreads::Owed owed_;                 // while others have the request
  std::optional<Error> refusal_;         // to be sent as soon as the cancelled read is back
  bool reading_{false};
  bool writing_{false};
  bool said_close_{false};  // with the answer that is being sent
  Content content_{Content::sent};
  Persistence persistence_{Persistence::close};
  std::string output_;
  std::size_t discarded_bytes_{0};
};

template <class Action>
void Connection::on_strand(Action action) {
  boost::asio::post(strand_, [self = shared_from_this(), action] { self->guarded(action); });
}

// Nothing that a library throws leaves the connection that it happened on.
template <class Action>
void Connection::guarded(Action action) noexcept {
  try {
    action();
  } catch (const std::exception& error) {
    const Error fault{ErrorCode::internal, {}, error.what()};
    close();
    around_.handler.refuse(fault, client_address_);  // nobody to answer: for the log
  }
}

}  // namespace console_policy::http
