// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_health.h"

#include <catch2/catch.hpp>
#include <future>

#include "service/identity/keystone_identity.h"
#include "tests/unit/identity/fake_keystone.h"

using namespace console_policy;
using namespace console_policy::identity;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

namespace {

struct World {
  explicit World(bool static_tokens)
      : keystone([this](const FakeRequest& request) { return answer(request); }),
        client(std::move(KeystoneClient::create(keystone.options(), "pw", [this] { return now(); }))
                   .value()),
        health(
            keystone.options(), *client, [static_tokens] { return static_tokens; },
            [this] { return now(); }) {}
  ~World() { client->finish(); }

  FakeAnswer answer(const FakeRequest& request) const {
    FakeAnswer answer;
    if (away) answer.status = 500;
    if (away) return answer;
    if (request.method == "POST") return own_token("own", tomorrow());
    if (request.headers.at("x-subject-token") == "garbage") {
      answer.status = 404;
      answer.body = error_document(404);
    } else {
      answer.body = token_document("u", tomorrow());
    }
    return answer;
  }

  Timestamp now() const { return platform::system_time() + std::chrono::seconds(later); }

  // Waits for the outcome.
  void ask(const std::string& token) {
    std::promise<void> answered;
    client->validate(Token(token), Expired::refused, {},
                     [&](const Result<Caller>&) { answered.set_value(); });
    answered.get_future().get();
  }

  // As often as a load balancer would, until the result differs from `before`.
  Result<std::string> changed_from(const std::string& before) {
    const auto until = std::chrono::steady_clock::now() + 20s;
    for (;;) {
      Result<std::string> said = health.check();
      if (!said.ok() || said.value() != before) return said;
      REQUIRE(std::chrono::steady_clock::now() < until);
      std::this_thread::sleep_for(5ms);
    }
  }

  std::atomic<bool> away{false};
  std::atomic<int> later{0};  // seconds
  FakeKeystone keystone;
  std::unique_ptr<KeystoneClient> client;
  KeystoneHealth health;
};

const std::string goes_on = "it cannot be asked; whom it vouched for lately goes on";

}  // namespace

TEST_CASE("Keystone's health: away is a remark while callers are remembered, then a fault") {
  World world(false);
  world.ask("t");
  CHECK(world.health.check().value().empty());
  world.away = true;
  world.ask("u");
  CHECK(world.health.check().value() == goes_on);
  world.later = 301;
  const Result<std::string> nobody_left = world.health.check();
  REQUIRE_FALSE(nobody_left.ok());
  CHECK(nobody_left.error().code == ErrorCode::unavailable);
  world.away = false;
  world.ask("garbage");  // a token that it refuses is an answer as well
  CHECK(world.health.check().value().empty());
}

TEST_CASE("Keystone's health: never a fault where static tokens work") {
  World world(true);
  world.away = true;
  world.ask("t");
  CHECK(world.health.check().value() == "it cannot be asked; static tokens work");
  world.later = 3'600;
  CHECK(world.health.check().value() == "it cannot be asked; static tokens work");
}

TEST_CASE("Keystone's health: without callers it finds out by itself, and soon, not all the time") {
  World world(false);
  world.away = true;
  CHECK(world.health.check().value().empty());  // not known yet
  CHECK_FALSE(world.changed_from("").ok());
  const std::size_t asked = world.keystone.asked().size();
  for (int i = 0; i < 100; ++i) CHECK_FALSE(world.health.check().ok());
  CHECK(world.keystone.asked().size() == asked);
  world.away = false;
  world.later = 6;
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!world.health.check().ok()) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    std::this_thread::sleep_for(5ms);
  }
  CHECK(world.health.check().value().empty());
}
