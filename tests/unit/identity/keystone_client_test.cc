// SPDX-License-Identifier: Apache-2.0
// Questions of several deadlines that wait for one token of the service's own: a fake, on a real
// socket.
#include "service/identity/keystone_client.h"

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
          } else if (request.target.find("/projects/") != std::string::npos) {
            answer.body = R"({"project":{"id":"p","name":"demo"}})";
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
  std::future<Outcome> name(std::chrono::milliseconds within) {
    auto told = std::make_shared<std::promise<Outcome>>();
    client->name_of(Named::project, "p", {}, steady_clock::now() + within,
                    [told](const Result<std::optional<std::string>>& said) {
                      told->set_value(outcome_of(said));
                    });
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
    "A token validation that finds a hurried question waiting has its own time all the same") {
  World world(600ms);
  auto hurried = world.name(100ms);
  auto patient = world.validate("t");
  CHECK_FALSE(wait(std::move(hurried)).ok);
  const Outcome said = wait(std::move(patient));
  INFO(said.why);
  CHECK(said.ok);
  CHECK(world.own_tokens() == 1);
}

TEST_CASE("A hurried question that joins a token validation waits no longer than it may") {
  World world(2s);
  const auto began = steady_clock::now();
  auto patient = world.validate("t");
  auto hurried = world.name(100ms);
  const Outcome said = wait(std::move(hurried));
  CHECK_FALSE(said.ok);
  CHECK(said.why == "no answer within the time for it");
  CHECK(said.at - began >= 100ms);
  CHECK(said.at - began < 1500ms);
  CHECK(wait(std::move(patient)).ok);
  CHECK(wait(world.name(5s)).ok);
  CHECK(world.own_tokens() == 1);
}

TEST_CASE("A token that came too late for who asked for it is there for the next") {
  World world(400ms);
  CHECK_FALSE(wait(world.name(50ms)).ok);
  CHECK(wait(world.validate("t")).ok);
  CHECK(world.own_tokens() == 1);
}

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
  auto hurried = world.name(5s);
  auto patient = world.validate("t");
  world.client->finish();
  REQUIRE(hurried.wait_for(0ms) == std::future_status::ready);
  REQUIRE(patient.wait_for(0ms) == std::future_status::ready);
  CHECK_FALSE(hurried.get().ok);
  CHECK_FALSE(patient.get().ok);
  CHECK(wait(world.validate("u")).why == "the service is ending");
}
