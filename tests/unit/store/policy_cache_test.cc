// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_cache.h"

#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

constexpr WalIndex::Header one_moment{1};
constexpr WalIndex::Header another{2};
const char* const spice = R"({"prefer":["SPICE"]})";
const char* const vnc = R"({"prefer":["VNC"]})";

InForceStatement::Rows rows(Revision revision, const std::vector<std::string>& bodies) {
  InForceStatement::Rows rows;
  rows.revision = revision;
  for (std::size_t i = 0; i < bodies.size(); ++i) rows.bodies[i] = bodies[i];
  return rows;
}

const Policy& said(const InForce& found, std::size_t scope) {
  REQUIRE(found.policies.at(scope) != nullptr);
  return *found.policies[scope];
}

}  // namespace

TEST_CASE("What was put is found under its own header and under no other") {
  PolicyCache cache;
  const std::vector<Scope> scopes{cloud(), domain("d"), project("p"), user("u"), instance("p", 1)};
  CHECK_FALSE(cache.find(scopes, one_moment));
  REQUIRE(cache.take(scopes, rows(7, {"", "", vnc, "", spice}), one_moment).ok());
  const std::optional<InForce> found = cache.find(scopes, one_moment);
  REQUIRE(found);
  CHECK(found->revision == 7);
  CHECK(found->policies[0] == nullptr);
  CHECK(said(*found, 2).prefer == std::vector<ConsoleType>{ConsoleType::vnc});
  CHECK(said(*found, 4).prefer == std::vector<ConsoleType>{ConsoleType::spice});
  CHECK_FALSE(cache.find(scopes, another));
  // And what came before the other commit does not come back with its header.
  CHECK_FALSE(cache.find(scopes, one_moment));
}

TEST_CASE("A question that is known in parts is not answered") {
  PolicyCache cache;
  REQUIRE(cache.take({cloud(), instance("p", 1)}, rows(1, {"", spice}), one_moment).ok());
  CHECK(cache.find({cloud()}, one_moment));
  CHECK_FALSE(cache.find({cloud(), instance("p", 2)}, one_moment));
  CHECK_FALSE(cache.find({cloud(), instance("q", 1)}, one_moment));
  CHECK_FALSE(cache.find({cloud(), project("p")}, one_moment));
  CHECK_FALSE(cache.find({cloud(), user("p")}, one_moment));
}

TEST_CASE("Rows of no certain moment are read and not kept") {
  PolicyCache cache;
  const Result<InForce> read = cache.take({cloud()}, rows(3, {vnc}), std::nullopt);
  REQUIRE(read.ok());
  CHECK(read.value().revision == 3);
  CHECK(said(read.value(), 0).prefer.size() == 1);
  CHECK_FALSE(cache.find({cloud()}, one_moment));
}

TEST_CASE("Equal bodies are one policy in memory") {
  PolicyCache cache;
  const auto first = cache.take({project("p")}, rows(1, {vnc}), one_moment);
  const auto second = cache.take({project("q")}, rows(2, {vnc}), another);
  CHECK(first.value().policies[0] == second.value().policies[0]);
}

TEST_CASE("A body that cannot be read is an error that names the scope, and is not kept") {
  PolicyCache cache;
  const auto read = cache.take({project("bad")}, rows(1, {"{\"prefer\":"}), one_moment);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().internal.find("owner_id 'bad'") != std::string::npos);
  CHECK_FALSE(cache.find({project("bad")}, one_moment));
}

TEST_CASE("A hundred thousand instances are found again, each with its own policy") {
  PolicyCache cache;
  constexpr int count = 100000;
  for (int i = 0; i < count; ++i) {
    REQUIRE(cache.take({instance("p", i)}, rows(1, {i % 2 == 0 ? vnc : ""}), one_moment).ok());
  }
  int found = 0;
  int wrong = 0;
  for (int i = 0; i < count; ++i) {
    const auto known = cache.find({instance("p", i)}, one_moment);
    if (!known) continue;
    ++found;
    if ((known->policies[0] != nullptr) != (i % 2 == 0)) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(found > count * 9 / 10);  // now and then one goes for another
}

TEST_CASE("At the bound of users all is forgotten, and the cache goes on") {
  PolicyCache cache;
  for (std::size_t i = 0; i <= PolicyCache::max_owners; ++i) {
    REQUIRE(cache.take({user("u" + std::to_string(i))}, rows(1, {vnc}), one_moment).ok());
  }
  CHECK_FALSE(cache.find({user("u0")}, one_moment));
  const auto last = cache.find({user("u" + std::to_string(PolicyCache::max_owners))}, one_moment);
  REQUIRE(last);
  CHECK(said(*last, 0).prefer.size() == 1);
}

TEST_CASE("At the bound of different policies all is forgotten, and the cache goes on") {
  PolicyCache cache;
  for (std::size_t i = 0; i <= PolicyCache::max_bodies; ++i) {
    const std::string body = R"({"prefer":["VNC"],"reason":")" + std::to_string(i) + "\"}";
    const auto read = cache.take({cloud()}, rows(1, {body}), std::nullopt);
    REQUIRE(read.ok());
    REQUIRE(said(read.value(), 0).reason == std::to_string(i));
  }
  REQUIRE(cache.take({cloud()}, rows(1, {spice}), one_moment).ok());
  CHECK(cache.find({cloud()}, one_moment));
}
