// SPDX-License-Identifier: Apache-2.0
// EchoHandler: a handler for tests that returns what it was asked, and a server around it.
//
//   /later   answers from another thread, 20 ms later
//   /hold    answers when release() is called
//   /lose    throws its Respond away
//   /big     answers big_bytes
//   others   "METHOD TARGET CLIENT_ADDRESS\n" and the request's body
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "service/http/message.h"
#include "service/http/server.h"

namespace console_policy::http::test {

class EchoHandler final : public Handler {
 public:
  static constexpr std::size_t big_bytes = 24 * 1024 * 1024;

  void handle(Request request, Respond respond) noexcept override;
  Response refuse(const Error& error, std::string_view client_address) noexcept override;

  bool wait_until_held(std::size_t count);
  std::size_t gone();  // of those that are held: how many clients are known to be gone
  void release();      // answers all that are held
  void finish();       // and waits for its threads; from then on answers at once

 private:
  std::mutex mutex_;  // guards what follows
  std::condition_variable held_more_;
  struct Held {
    Response response;
    Respond respond;
    std::shared_ptr<const std::atomic<bool>> client_gone;
  };
  std::vector<Held> held_;
  std::vector<std::thread> later_;
  bool finished_{false};
};

int status_of(ErrorCode code);

// A server on one free port, with timeouts that no test reaches by accident.
struct EchoServer {
  explicit EchoServer(Limits limits = patient_limits(),
                      std::chrono::milliseconds drain_time = std::chrono::seconds{20});

  ~EchoServer();

  static Limits patient_limits();
  std::uint16_t port() const;

  EchoHandler handler;
  std::unique_ptr<Server> server;
};

// A request without a body.
std::string get(std::string_view target, std::string_view more_fields = {});
std::string post(std::string_view target, std::string_view body);

}  // namespace console_policy::http::test
