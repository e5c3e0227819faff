// SPDX-License-Identifier: Apache-2.0
// LateAnswers: answers on their way from other threads to their connections.
//
// Contract: each is given to its connection, on its strand, by one of the I/O threads. Those that
//           come together wake one of these threads once, and that one gives them all: writes
//           become durable many at a time, and waking a thread for each costs more than its answer.
// Threads:  add() from any thread.
// Bounds:   one answer for each connection that waits for one.
// Lifetime: shorter than the context's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "service/http/message.h"

namespace console_policy::http {

class Connection;

class LateAnswers final {
 public:
  explicit LateAnswers(boost::asio::io_context& context) : context_{context} {}

  void add(std::shared_ptr<Connection> connection, Response response);

 private:
  using Waiting = std::vector<std::pair<std::shared_ptr<Connection>, Response>>;

  void hand_out();

  boost::asio::io_context& context_;
  std::mutex mutex_;  // guards what follows
  Waiting waiting_;
  bool expected_{false};  // a thread will come for what waits
};

}  // namespace console_policy::http
