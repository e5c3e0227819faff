// SPDX-License-Identifier: Apache-2.0
// KeystoneIdentity and the fake Keystone that it asks, and short ways to ask and to answer.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include "service/identity/keystone_identity.h"
#include "tests/unit/identity/fake_keystone.h"

namespace console_policy::identity::test {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

inline std::future<Result<Caller>> start(Identity& identity, const Presented& presented) {
  auto answer = std::make_shared<std::promise<Result<Caller>>>();
  std::future<Result<Caller>> future = answer->get_future();
  identity.authenticate(presented, [answer](const Result<CallerPtr>& caller) {
    answer->set_value(caller.ok() ? Result<Caller>(*caller.value())
                                  : Result<Caller>(caller.error()));
  });
  return future;
}

inline Result<Caller> wait(std::future<Result<Caller>> answer) {
  REQUIRE(answer.wait_for(20s) == std::future_status::ready);
  return answer.get();
}

inline Result<Caller> ask(Identity& identity, const std::string& token) {
  return wait(start(identity, Token(token)));
}

inline ErrorCode code_of(const Result<Caller>& answer) {
  return answer.ok() ? ErrorCode::internal : answer.error().code;
}

// A fake that gives the service its token, and to GET /v3/auth/tokens `answer`.
inline FakeKeystone::Script serving(FakeKeystone::Script answer) {
  return [answer = std::move(answer)](const FakeRequest& request) {
    if (request.method == "POST") return own_token("own", tomorrow());
    return answer(request);
  };
}

inline FakeAnswer accept(const FakeRequest& request) {
  FakeAnswer answer;
  answer.body = token_document("of-" + request.headers.at("x-subject-token"), tomorrow());
  return answer;
}

inline FakeAnswer status(int code, const std::string& body = {}) {
  FakeAnswer answer;
  answer.status = code;
  answer.body = body.empty() ? error_document(code) : body;
  return answer;
}

// How much the fake has sent once nothing is being sent any more.
inline std::size_t sent_once_over(const FakeKeystone& keystone) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!keystone.sent().has_value() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(5ms);
  }
  REQUIRE(keystone.sent().has_value());
  return *keystone.sent();
}

struct World {
  explicit World(FakeKeystone::Script script,
                 const std::function<void(KeystoneOptions&)>& set = nullptr)
      : keystone(std::move(script)), options(keystone.options()) {
    if (set) set(options);
    client =
        std::move(KeystoneClient::create(options, "the-password", platform::system_time)).value();
    identity = std::make_unique<KeystoneIdentity>(options, *client, platform::system_time);
  }
  ~World() { client->finish(); }

  std::size_t validations() const { return keystone.asked("GET", "/v3/auth/tokens"); }
  std::size_t own_tokens() const { return keystone.asked("POST", "/v3/auth/tokens"); }

  FakeKeystone keystone;
  KeystoneOptions options;
  std::unique_ptr<KeystoneClient> client;
  std::unique_ptr<KeystoneIdentity> identity;
};

}  // namespace console_policy::identity::test
