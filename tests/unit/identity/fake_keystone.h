// SPDX-License-Identifier: Apache-2.0
// FakeKeystone: a fake. A small HTTP server on loopback whose answers a test sets, for
// what a real Keystone does only when it is broken. tests/keystone asks a real one.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "service/identity/keystone_options.h"

namespace console_policy::identity {

struct FakeRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct FakeAnswer {
  int status{200};
  std::string body;
  std::string subject_token;
  std::chrono::milliseconds delay{0};
  bool hang_up{false};  // close the connection instead of answering
  std::string framing;  // header lines instead of Content-Length, each with its CRLF
  bool endless{false};  // send the body over and over, until the client goes or max_sent is out
};

class FakeKeystone final {
 public:
  using Script = std::function<FakeAnswer(const FakeRequest&)>;

  static constexpr std::size_t max_sent = 256UL * 1024 * 1024;  // of an endless answer

  // `script` is called on threads of the fake.
  explicit FakeKeystone(Script script);
  ~FakeKeystone();
  FakeKeystone(const FakeKeystone&) = delete;
  FakeKeystone& operator=(const FakeKeystone&) = delete;

  std::string url() const;          // "http://127.0.0.1:PORT/v3"
  KeystoneOptions options() const;  // with a password, and times fit for a test
  std::vector<FakeRequest> asked() const;
  std::size_t asked(const std::string& method, const std::string& target_begin) const;
  // Once no answer is being sent any more: how much of answers was. nullopt: some still is.
  std::optional<std::size_t> sent() const;

 private:
  void accept();
  void serve(int connection);
  void answer(int connection, const FakeAnswer& answer);
  bool send(int connection, const std::string& text);

  const Script script_;
  int listener_{-1};
  int port_{0};
  std::atomic<bool> ending_{false};
  std::atomic<std::size_t> sent_{0};
  std::atomic<int> sending_{0};
  mutable std::mutex mutex_;  // guards all below
  std::vector<FakeRequest> asked_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

// Documents as Keystone writes them.
std::string token_document(const std::string& user, const std::string& expires_at,
                           const std::string& more = R"("roles":[{"id":"r1","name":"member"}])");
std::string error_document(int status);
// To POST /v3/auth/tokens: a token of the service's own.
FakeAnswer own_token(const std::string& token, const std::string& expires_at);
// Tomorrow, as Keystone writes a time.
std::string tomorrow();

}  // namespace console_policy::identity
