// SPDX-License-Identifier: Apache-2.0
// Requests that wait for one token of the service's own, and retries: a fake Keystone, on a real
// socket.
#include "service/identity/keystone_client.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

#include "tests/unit/identity/fake_keystone.h"

using namespace console_policy;
using namespace console_policy::identity;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono::steady_clock;

namespace {

struct Outcome {
  bool ok;
  std::string why;
  steady_clock::time_point at;
};

template <class Value>
Outcome outcome_of(const Result<Value>& said) {
  return {said.ok(), said.ok() ? std::string() : said.error().internal, steady_clock::now()};
}

// A Keystone that takes its time for the service's own token, and for nothing else.
struct World {
  explicit World(std::chrono::milliseconds delay, std::chrono::milliseconds timeout = 5s)
      : keystone([delay](const FakeRequest& request) {
          FakeAnswer answer;
          if (request.method == "POST") {
            answer = own_token("own", tomorrow());
            answer.delay = delay;
          } else {
            answer.body = token_document("u", tomorrow());
          }
          return answer;
        }) {
    KeystoneOptions options = keystone.options();
    options.timeout = timeout;
    client = std::move(KeystoneClient::create(options, "pw", platform::system_time)).value();
  }
  ~World() { client->finish(); }

  std::future<Outcome> validate(const std::string& token) {
    auto told = std::make_shared<std::promise<Outcome>>();
    client->validate(Token(token), Expired::refused, {},
                     [told](const Result<Caller>& said) { told->set_value(outcome_of(said)); });
    return told->get_future();
  }
  std::size_t own_tokens() const { return keystone.asked("POST", "/v3/auth/tokens"); }

  FakeKeystone keystone;
  std::unique_ptr<KeystoneClient> client;
};

Outcome wait(std::future<Outcome> outcome) {
  REQUIRE(outcome.wait_for(20s) == std::future_status::ready);
  return outcome.get();
}

}  // namespace

TEST_CASE(
    "The fetch of an own token ends with its own time, and the next question starts another") {
  World world(10s, 300ms);
  CHECK_FALSE(wait(world.validate("t")).ok);
  std::this_thread::sleep_for(200ms);
  CHECK_FALSE(wait(world.validate("t")).ok);
  CHECK(world.own_tokens() == 2);
}

TEST_CASE("At the end who waits for an own token is answered, and later questions too") {
  World world(10s);
  auto first = world.validate("s");
  auto second = world.validate("t");
  world.client->finish();
  REQUIRE(first.wait_for(0ms) == std::future_status::ready);
  REQUIRE(second.wait_for(0ms) == std::future_status::ready);
  CHECK_FALSE(first.get().ok);
  CHECK_FALSE(second.get().ok);
  CHECK(wait(world.validate("u")).why == "the service is ending");
}

TEST_CASE("An error of Keystone is retried with a growing pause, and 429 is not") {
  std::atomic<int> status{503};
  FakeKeystone keystone([&status](const FakeRequest& request) {
    if (request.method == "POST") return own_token("own", tomorrow());
    FakeAnswer answer;
    answer.status = status;
    return answer;
  });
  const auto client =
      std::move(KeystoneClient::create(keystone.options(), "pw", platform::system_time)).value();
  const auto validations = [&] { return keystone.asked("GET", "/v3/auth/tokens"); };
  const auto validate = [&client](const std::string& token) {
    auto told = std::make_shared<std::promise<Outcome>>();
    client->validate(Token(token), Expired::refused, {},
                     [told](const Result<Caller>& said) { told->set_value(outcome_of(said)); });
    return told->get_future();
  };
  CHECK_FALSE(wait(validate("t")).ok);
  CHECK(validations() == KeystoneClient::max_attempts);
  status = 429;
  CHECK(wait(validate("t")).why == "Keystone answered 429");
  CHECK(validations() == KeystoneClient::max_attempts + 1);
  client->finish();
}

TEST_CASE("A project's id stays one segment of Keystone's path, whatever is in it") {
  FakeKeystone keystone([](const FakeRequest& request) {
    if (request.method == "POST") return own_token("own", tomorrow());
    FakeAnswer answer;
    answer.body = R"({"project":{"id":"p","domain_id":"d"}})";
    return answer;
  });
  const auto client =
      std::move(KeystoneClient::create(keystone.options(), "pw", platform::system_time)).value();
  std::promise<Outcome> told;
  client->domain_of("../users/x?y#z", {}, [&told](const Result<std::optional<std::string>>& said) {
    told.set_value(outcome_of(said));
  });
  CHECK(wait(told.get_future()).ok);
  CHECK(keystone.asked("GET", "/v3/projects/..%2Fusers%2Fx%3Fy%23z") == 1);
  client->finish();
}
