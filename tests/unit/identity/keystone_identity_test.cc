// SPDX-License-Identifier: Apache-2.0
// Keystone as it is when it is broken: a fake on a real socket. tests/keystone asks a real one.
#include "service/identity/keystone_identity.h"

#include <catch2/catch.hpp>
#include <future>
#include <sstream>

#include "service/identity/static_identity.h"
#include "tests/unit/identity/keystone_world.h"

using namespace console_policy;
using namespace console_policy::identity;
using namespace console_policy::identity::test;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST_CASE("Keystone: a good token gives its caller, and is asked about once in its time") {
  World world(serving(accept));
  const Result<Caller> caller = ask(*world.identity, "t1");
  REQUIRE(caller.ok());
  CHECK(caller.value().user_id == "of-t1");
  CHECK(caller.value().project_domain_id == "acme");
  CHECK(ask(*world.identity, "t1").ok());
  CHECK(ask(*world.identity, "t2").value().user_id == "of-t2");
  CHECK(world.validations() == 2);
  CHECK(world.own_tokens() == 1);
  for (const FakeRequest& request : world.keystone.asked()) {
    if (request.method != "GET") {
      CHECK(request.body.find("the-password") != std::string::npos);
      continue;
    }
    CHECK(request.target == "/v3/auth/tokens?nocatalog=1");
    CHECK(request.headers.at("x-auth-token") == "own");
    CHECK(request.headers.at("openstack-identity-access-rules") == "1");
  }
}

TEST_CASE("Keystone: it is asked under the id of the request, its own token too") {
  World world(serving(accept));
  Presented presented{Token("t1")};
  presented.request_id = "req-01234567-89ab-4cde-8f01-23456789abcd";
  REQUIRE(wait(start(*world.identity, presented)).ok());
  REQUIRE(world.keystone.asked().size() == 2);
  for (const FakeRequest& request : world.keystone.asked()) {
    CHECK(request.headers.at("x-openstack-request-id") == presented.request_id);
  }
  REQUIRE(ask(*world.identity, "t2").ok());
  CHECK(world.keystone.asked().back().headers.count("x-openstack-request-id") == 0);
}

TEST_CASE("Keystone: the cache time over, it is asked again, so a revoked token is refused") {
  std::atomic<bool> revoked{false};
  World world(
      serving([&](const FakeRequest& request) { return revoked ? status(404) : accept(request); }),
      [](KeystoneOptions& options) { options.token_cache = 200ms; });
  REQUIRE(ask(*world.identity, "t").ok());
  revoked = true;
  CHECK(ask(*world.identity, "t").ok());
  std::this_thread::sleep_for(250ms);
  CHECK(code_of(ask(*world.identity, "t")) == ErrorCode::unauthenticated);
}

TEST_CASE("Keystone: however many wait for a token, it is asked once") {
  World world(serving([](const FakeRequest& request) {
    FakeAnswer answer = accept(request);
    answer.delay = 100ms;
    return answer;
  }));
  std::vector<std::future<Result<Caller>>> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(start(*world.identity, Token("t")));
  for (auto& answer : answers) CHECK(wait(std::move(answer)).ok());
  CHECK(world.validations() == 1);
}

TEST_CASE("Keystone: beyond the bound of validations in flight the answer is at once") {
  World world(serving([](const FakeRequest& request) {
                FakeAnswer answer = accept(request);
                answer.delay = 500ms;
                return answer;
              }),
              [](KeystoneOptions& options) { options.max_validations = 2; });
  auto first = start(*world.identity, Token("a"));
  auto second = start(*world.identity, Token("b"));
  auto same = start(*world.identity, Token("b"));
  auto third = start(*world.identity, Token("c"));
  REQUIRE(third.wait_for(0ms) == std::future_status::ready);
  CHECK(code_of(third.get()) == ErrorCode::unavailable);
  CHECK(wait(std::move(first)).ok());
  CHECK(wait(std::move(second)).ok());
  CHECK(wait(std::move(same)).ok());
  CHECK(ask(*world.identity, "c").ok());
}

TEST_CASE("Keystone: a flood of tokens from one client does not keep other clients out") {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  World world(serving([released](const FakeRequest& request) {
                if (request.headers.at("x-subject-token") != "of-another") released.wait_for(20s);
                return accept(request);
              }),
              [](KeystoneOptions& options) { options.max_validations = 8; });
  const auto from = [](const std::string& token, const std::string& address) {
    Presented presented{Token(token)};
    presented.client_address = address;
    return presented;
  };
  std::vector<Presented> flood;
  for (int i = 0; i < 20; ++i) flood.push_back(from("f" + std::to_string(i), "192.0.2.1"));
  std::vector<std::future<Result<Caller>>> answers;
  for (const Presented& one : flood) answers.push_back(start(*world.identity, one));
  std::size_t refused = 0;
  for (auto& answer : answers) {
    if (answer.wait_for(0ms) != std::future_status::ready) continue;
    ++refused;
    CHECK(code_of(answer.get()) == ErrorCode::unavailable);
  }
  CHECK(refused == 16);  // half of max_validations are in flight
  const Presented another = from("of-another", "192.0.2.2");
  CHECK(wait(start(*world.identity, another)).ok());
  release.set_value();
  for (auto& answer : answers) {
    if (answer.valid()) CHECK(wait(std::move(answer)).ok());
  }
}

TEST_CASE("Keystone: a token it does not know is refused, and remembered shortly") {
  World world(serving([](const FakeRequest&) { return status(404); }));
  for (int i = 0; i < 3; ++i) {
    CHECK(code_of(ask(*world.identity, "bad")) == ErrorCode::unauthenticated);
  }
  CHECK(world.validations() == 1);
  CHECK(world.identity->challenge() == "Keystone uri=\"" + world.keystone.url() + "\"");
}

TEST_CASE("Keystone: 5xx and lost connections are tried again, but not for ever") {
  std::atomic<int> failures{0};
  World world(serving([&](const FakeRequest& request) {
    if (failures > 0) {
      FakeAnswer answer = status(503);
      answer.hang_up = failures-- % 2 == 0;
      return answer;
    }
    return accept(request);
  }));
  failures = KeystoneClient::max_attempts - 1;
  CHECK(ask(*world.identity, "t1").ok());
  failures = 100;
  CHECK(code_of(ask(*world.identity, "t2")) == ErrorCode::unavailable);
  failures = 0;
  CHECK(ask(*world.identity, "t2").ok());
}

TEST_CASE("Keystone slow: unavailable within the deadline, and cached callers go on") {
  std::atomic<bool> slow{false};
  World world(serving([&](const FakeRequest& request) {
                FakeAnswer answer = accept(request);
                if (slow) answer.delay = 5s;
                return answer;
              }),
              [](KeystoneOptions& options) { options.timeout = 300ms; });
  REQUIRE(ask(*world.identity, "known").ok());
  slow = true;
  const auto began = std::chrono::steady_clock::now();
  auto waiting = start(*world.identity, Token("new"));
  CHECK(std::chrono::steady_clock::now() - began < 200ms);
  CHECK(ask(*world.identity, "known").ok());
  const Result<Caller> said = wait(std::move(waiting));
  CHECK(code_of(said) == ErrorCode::unavailable);
  CHECK(said.error().internal == "no answer within the time for it");
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK(took >= 300ms);
  CHECK(took < 1500ms);
  slow = false;
  CHECK(ask(*world.identity, "new").ok());
}

TEST_CASE("Keystone away: unavailable at once") {
  World world(serving(accept), [](KeystoneOptions& options) {
    options.auth_url = "http://127.0.0.1:1/v3";  // nothing listens on tcpmux
  });
  CHECK(code_of(ask(*world.identity, "t")) == ErrorCode::unavailable);
  CHECK(world.keystone.asked().empty());
}

TEST_CASE("The service's own token is renewed once when Keystone refuses it") {
  std::atomic<int> given{0};
  std::atomic<int> good{1};
  World world([&](const FakeRequest& request) {
    if (request.method == "POST") return own_token(std::to_string(++given), tomorrow());
    if (request.headers.at("x-auth-token") != std::to_string(good)) return status(401);
    return accept(request);
  });
  REQUIRE(ask(*world.identity, "t1").ok());
  good = 2;
  CHECK(ask(*world.identity, "t2").ok());
  CHECK(given == 2);
  good = 100;
  CHECK(code_of(ask(*world.identity, "t3")) == ErrorCode::unavailable);
  CHECK(given == 3);
}

TEST_CASE("The service's own token is renewed before it ends") {
  std::atomic<int> given{0};
  World world([&](const FakeRequest& request) {
    // The first is over within the margin.
    if (request.method == "POST" && ++given == 1) {
      return own_token("first", "2020-01-01T00:00:00.000000Z");
    }
    if (request.method == "POST") return own_token("second", tomorrow());
    return accept(request);
  });
  for (const char* token : {"t1", "t2", "t3"}) CHECK(ask(*world.identity, token).ok());
  CHECK(given == 2);
}

TEST_CASE("Own credentials that Keystone refuses are not tried with every request") {
  World world([](const FakeRequest&) { return status(401); });
  for (const char* token : {"t1", "t2", "t3"}) {
    const Result<Caller> said = ask(*world.identity, token);
    CHECK(code_of(said) == ErrorCode::unavailable);
    CHECK(said.error().internal.find("own credentials") != std::string::npos);
    CHECK(said.error().internal.find("the-password") == std::string::npos);
  }
  CHECK(world.own_tokens() == 1);
  CHECK(world.validations() == 0);
}

TEST_CASE("A token that has ended by our clock is refused although Keystone took it") {
  World world(serving([](const FakeRequest&) {
    return status(200, token_document("u", "2020-01-01T00:00:00.000000Z"));
  }));
  CHECK(code_of(ask(*world.identity, "t")) == ErrorCode::unauthenticated);
}

TEST_CASE("An expired token is taken with a good service token that has the role, and else not") {
  World world(serving([](const FakeRequest& request) {
    const std::string token = request.headers.at("x-subject-token");
    if (token == "service") {
      return status(200, token_document("nova", tomorrow(), R"("roles":[{"name":"service"}])"));
    }
    if (token == "member") return status(200, token_document("m", tomorrow()));
    if (token == "old" && request.target.find("allow_expired=1") != std::string::npos) {
      return status(200, token_document("alice", "2020-01-01T00:00:00.000000Z",
                                        R"("application_credential":{"access_rules":[]})"));
    }
    return status(404);
  }));
  const auto with = [&](const std::string& token, const std::string& service) {
    return wait(start(*world.identity, Presented(Token(token), Token(service))));
  };
  CHECK(code_of(ask(*world.identity, "old")) == ErrorCode::unauthenticated);
  const Result<Caller> passed_on = with("old", "service");
  REQUIRE(passed_on.ok());
  CHECK(passed_on.value().user_id == "alice");
  CHECK(passed_on.value().application_rules == nullptr);
  CHECK(code_of(with("old", "member")) == ErrorCode::unauthenticated);
  CHECK(code_of(with("old", "unknown")) == ErrorCode::unauthenticated);
  CHECK(code_of(with("unknown", "service")) == ErrorCode::unauthenticated);
  // That it was accepted once with a service token helps no caller without one.
  CHECK(code_of(ask(*world.identity, "old")) == ErrorCode::unauthenticated);
}

TEST_CASE("At the end every caller that waits is answered, and later ones too") {
  World world(serving([](const FakeRequest& request) {
    FakeAnswer answer = accept(request);
    answer.delay = 5s;
    return answer;
  }));
  auto first = start(*world.identity, Token("a"));
  auto second = start(*world.identity, Token("a"));
  std::this_thread::sleep_for(50ms);
  world.client->finish();
  REQUIRE(first.wait_for(0ms) == std::future_status::ready);
  CHECK(code_of(first.get()) == ErrorCode::unavailable);
  CHECK(code_of(wait(std::move(second))) == ErrorCode::unavailable);
  CHECK(code_of(ask(*world.identity, "b")) == ErrorCode::unavailable);
}

TEST_CASE("Static tokens work while Keystone is away, and Keystone judges the others") {
  Caller glass;
  glass.user_id = "break-glass";
  StaticIdentity fixed({{sha256("static"), glass}}, platform::system_time);
  World world(serving([](const FakeRequest& request) {
    return request.headers.at("x-subject-token") == "good" ? accept(request) : status(404);
  }));
  EitherIdentity either(fixed, *world.identity);
  CHECK(ask(either, "static").value().user_id == "break-glass");
  CHECK(world.keystone.asked().empty());
  CHECK(ask(either, "good").value().user_id == "of-good");
  CHECK(code_of(ask(either, "bad")) == ErrorCode::unauthenticated);
  CHECK(either.challenge() == world.identity->challenge());
  world.client->finish();
  CHECK(ask(either, "static").ok());
  CHECK(code_of(ask(either, "unknown")) == ErrorCode::unavailable);
}

TEST_CASE("A static token is never sent to Keystone, even if it is refused") {
  Caller caller;
  caller.user_id = "old";
  caller.expires_at = Timestamp(1s);
  StaticIdentity fixed({{sha256("expired"), caller}}, platform::system_time);
  World world(serving(accept));
  EitherIdentity either(fixed, *world.identity);
  CHECK(code_of(ask(either, "expired")) == ErrorCode::unauthenticated);
  const Presented with_service{Token("good"), Token("expired")};
  CHECK(code_of(wait(start(either, with_service))) == ErrorCode::unauthenticated);
  CHECK(world.keystone.asked().empty());
  // Entries that replace the others count at once.
  Caller fresh;
  fresh.user_id = "new";
  fixed.replace({{sha256("fresh"), fresh}});
  CHECK(ask(either, "fresh").value().user_id == "new");
  CHECK(world.keystone.asked().empty());
}

TEST_CASE("Keystone under many callers at once: each is answered once, with its own caller") {
  World world(serving([](const FakeRequest& request) {
                const std::string token = request.headers.at("x-subject-token");
                return token.back() == '7' ? status(404) : accept(request);
              }),
              [](KeystoneOptions& options) { options.timeout = 10s; });
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < 40; ++i) {
        const std::string token = "t" + std::to_string(i % 20);
        auto answer = start(*world.identity, Token(token));
        if (answer.wait_for(20s) != std::future_status::ready) {
          ++wrong;
          return;
        }
        const Result<Caller> caller = answer.get();
        if (caller.ok() != (token.back() != '7')) ++wrong;
        if (caller.ok() && caller.value().user_id != "of-" + token) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == 0);
  CHECK(world.validations() == 20);
}
