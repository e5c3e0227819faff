// SPDX-License-Identifier: Apache-2.0
#include "service/identity/static_identity.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::identity;

namespace {

Caller caller(const std::string& user, std::optional<Timestamp> expires_at = std::nullopt) {
  Caller made;
  made.user_id = user;
  made.project_id = "p1";
  made.project_domain_id = "default";
  made.roles = {"reader"};
  made.expires_at = expires_at;
  return made;
}

const Timestamp noon{std::chrono::hours(12)};

StaticIdentity example() {
  return StaticIdentity({{sha256("good"), caller("alice")},
                         {sha256("ends at noon"), caller("bob", noon)},
                         {sha256("ends later"), caller("carol", noon + std::chrono::seconds(1))}},
                        [] { return noon; });
}

Result<Caller> ask(StaticIdentity& identity, const std::string& token) {
  Result<Caller> answer = Error{};
  int calls = 0;
  identity.authenticate(Token(token), [&](const Result<CallerPtr>& found) {
    answer = found.ok() ? Result<Caller>(*found.value()) : Result<Caller>(found.error());
    ++calls;
  });
  CHECK(calls == 1);
  return answer;
}

}  // namespace

TEST_CASE("SHA-256 is that of FIPS 180-4") {
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(parse_sha256(hex(sha256("abc"))) == sha256("abc"));
  CHECK_FALSE(parse_sha256("abc").has_value());
  CHECK_FALSE(parse_sha256(std::string(64, 'G')).has_value());
  CHECK_FALSE(parse_sha256(std::string(64, 'A')).has_value());
}

TEST_CASE("A known token gives its caller, who may state a domain") {
  StaticIdentity identity = example();
  const Result<Caller> found = ask(identity, "good");
  REQUIRE(found.ok());
  CHECK(found.value().user_id == "alice");
  CHECK(found.value().may_state_domain);
  CHECK(ask(identity, "ends later").ok());
}

TEST_CASE("Unknown and expired tokens are refused alike") {
  StaticIdentity identity = example();
  const Error unknown = ask(identity, "guess").error();
  const Error expired = ask(identity, "ends at noon").error();
  CHECK(unknown.code == ErrorCode::unauthenticated);
  CHECK(expired.code == ErrorCode::unauthenticated);
  CHECK(unknown.message == expired.message);
  CHECK_FALSE(ask(identity, "").ok());
}

TEST_CASE("Credentials have the names of oslo.policy, and no attribute that is not there") {
  Caller unscoped;
  unscoped.user_id = "u";
  REQUIRE(unscoped.credentials().attributes.size() == 1);
  CHECK(unscoped.credentials().attributes.front().name == "user_id");
  const Caller alice = caller("alice");
  const Credentials credentials = alice.credentials();
  CHECK(credentials.attributes ==
        Attributes{{"user_id", "alice"}, {"project_id", "p1"}, {"project_domain_id", "default"}});
  CHECK(credentials.roles == std::vector<std::string_view>{"reader"});
}
