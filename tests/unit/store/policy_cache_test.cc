// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_cache.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

constexpr WalIndex::Header one_moment{1};
constexpr WalIndex::Header another{2};
constexpr WalIndex::Header a_third{3};
const char* const spice = R"({"prefer":["SPICE"]})";
const char* const vnc = R"({"prefer":["VNC"]})";

// A fake: memory in the form of a WAL-index, which says what the test wants.
struct FakeIndex {
  std::array<std::uint32_t, 24> words{};
  WalIndex index{words.data()};

  void say(const WalIndex::Header& header) {
    std::copy(header.begin(), header.end(), words.begin());
    std::copy(header.begin(), header.end(), words.begin() + 12);
  }
};

// A cache over it.
struct Cache {
  FakeIndex fake;
  PolicyCache cache{fake.index};

  Cache() { fake.say(one_moment); }
  PolicyCache* operator->() { return &cache; }
  void commit_of_others(const WalIndex::Header& header) { fake.say(header); }
  Status commit(const WrittenPolicies& written, const WalIndex::Header& header) {
    cache.begin_write();
    fake.say(header);
    Status carried = cache.carry(written, header);
    cache.end_write();
    return carried;
  }
  void load(const PolicyCache::Changes& policies, const WalIndex::Header& header) {
    REQUIRE(cache.begin_load(header));
    REQUIRE(cache.load(policies, header).value() == PolicyCache::Loaded::kept);
    REQUIRE(cache.end_load());
  }
};

InForceStatement::Rows rows(Revision revision, const std::vector<std::string>& bodies) {
  InForceStatement::Rows rows;
  rows.revision = revision;
  for (std::size_t i = 0; i < bodies.size(); ++i) rows.bodies[i] = bodies[i];
  return rows;
}

std::string body_saying(int number) {
  return R"({"prefer":["VNC"],"reason":")" + std::to_string(number) + "\"}";
}

const Policy& said(const InForce& found, std::size_t scope) {
  REQUIRE(found.policies.at(scope) != nullptr);
  return *found.policies[scope];
}

}  // namespace

TEST_CASE("What was put is found under its own header and under no other") {
  Cache cache;
  const std::vector<Scope> scopes{cloud(), domain("d"), project("p"), user("u"), instance("p", 1)};
  CHECK_FALSE(cache->find(scopes, one_moment));
  REQUIRE(cache->take(scopes, rows(7, {"", "", vnc, "", spice}), one_moment).ok());
  const std::optional<InForce> found = cache->find(scopes, one_moment);
  REQUIRE(found);
  CHECK(found->revision == 7);
  CHECK(found->policies[0] == nullptr);
  CHECK(said(*found, 2).prefer == std::vector<ConsoleType>{ConsoleType::vnc});
  CHECK(said(*found, 4).prefer == std::vector<ConsoleType>{ConsoleType::spice});
  CHECK_FALSE(cache->find(scopes, another));
  cache.commit_of_others(another);
  CHECK_FALSE(cache->find(scopes, another));
  REQUIRE(cache->take({cloud()}, rows(8, {vnc}), another).ok());
  CHECK(cache->find({cloud()}, another));
  // What came before the other commit does not come back, with neither header.
  CHECK_FALSE(cache->find(scopes, another));
  CHECK_FALSE(cache->find({project("p")}, another));
  CHECK_FALSE(cache->find(scopes, one_moment));
}

TEST_CASE("A question that is known in parts is not answered") {
  Cache cache;
  REQUIRE(cache->take({cloud(), instance("p", 1)}, rows(1, {"", spice}), one_moment).ok());
  CHECK(cache->find({cloud()}, one_moment));
  CHECK_FALSE(cache->find({cloud(), instance("p", 2)}, one_moment));
  CHECK_FALSE(cache->find({cloud(), instance("q", 1)}, one_moment));
  CHECK_FALSE(cache->find({cloud(), project("p")}, one_moment));
  CHECK_FALSE(cache->find({cloud(), user("p")}, one_moment));
}

TEST_CASE("Rows of no certain moment, or of one that has passed, are read and not kept") {
  Cache cache;
  const Result<InForce> read = cache->take({cloud()}, rows(3, {vnc}), std::nullopt);
  REQUIRE(read.ok());
  CHECK(read.value().revision == 3);
  CHECK(said(read.value(), 0).prefer.size() == 1);
  CHECK_FALSE(cache->find({cloud()}, one_moment));
  cache.commit_of_others(another);
  CHECK(cache->take({cloud()}, rows(3, {vnc}), one_moment).ok());
  CHECK_FALSE(cache->find({cloud()}, one_moment));
  CHECK_FALSE(cache->find({cloud()}, another));
}

TEST_CASE("A commit of this process changes what it wrote and leaves the rest") {
  Cache cache;
  const std::vector<Scope> scopes{cloud(), project("p"), user("u"), instance("p", 1)};
  REQUIRE(cache->take(scopes, rows(1, {vnc, vnc, vnc, vnc}), one_moment).ok());
  REQUIRE(cache
              .commit({{{project("p"), spice},
                        {user("u"), ""},
                        {instance("p", 2), vnc},
                        {instance("p", 1), vnc},
                        {instance("p", 1), spice}},
                       6},
                      another)
              .ok());
  CHECK_FALSE(cache->find(scopes, one_moment));
  const auto found = cache->find(scopes, another);
  REQUIRE(found);
  CHECK(found->revision == 6);
  CHECK(said(*found, 0).prefer.front() == ConsoleType::vnc);
  CHECK(said(*found, 1).prefer.front() == ConsoleType::spice);
  CHECK(found->policies[2] == nullptr);
  CHECK(said(*found, 3).prefer.front() == ConsoleType::spice);
  CHECK(said(*cache->find({instance("p", 2)}, another), 0).prefer.size() == 1);
}

TEST_CASE("While a write is under way readers leave the cache to it, whatever they see") {
  Cache cache;
  REQUIRE(cache->take({cloud(), user("u")}, rows(1, {vnc, vnc}), one_moment).ok());
  cache->begin_write();
  CHECK(cache->find({cloud()}, one_moment));
  REQUIRE(cache->take({project("p")}, rows(1, {vnc}), one_moment).ok());
  cache.fake.say(another);  // committed, and not carried yet
  CHECK_FALSE(cache->find({cloud()}, another));
  REQUIRE(cache->take({cloud()}, rows(2, {spice}), another).ok());
  CHECK_FALSE(cache->find({cloud()}, another));
  REQUIRE(cache->carry({{{cloud(), spice}}, 2}, another).ok());
  cache->end_write();
  CHECK(said(*cache->find({cloud()}, another), 0).prefer.front() == ConsoleType::spice);
  CHECK(cache->find({project("p"), user("u")}, another));
  // One who is late with what was read before does not turn it back.
  REQUIRE(cache->take({cloud()}, rows(1, {vnc}), one_moment).ok());
  CHECK(cache->find({cloud(), project("p"), user("u")}, another));
}

TEST_CASE("A write that begins after a commit of others finds nothing to carry") {
  Cache cache;
  REQUIRE(cache->take({cloud()}, rows(1, {vnc}), one_moment).ok());
  cache.commit_of_others(another);
  REQUIRE(cache.commit({{{user("u"), vnc}}, 3}, a_third).ok());
  CHECK_FALSE(cache->find({cloud()}, a_third));
  CHECK(cache->find({user("u")}, a_third));
}

TEST_CASE("A write that begins under no header carries nothing") {
  Cache cache;
  REQUIRE(cache->take({cloud()}, rows(1, {vnc}), one_moment).ok());
  cache.fake.say(WalIndex::Header{});
  REQUIRE(cache.commit({{{user("u"), vnc}}, 3}, a_third).ok());
  CHECK_FALSE(cache->find({cloud()}, a_third));
  CHECK_FALSE(cache->find({user("u")}, a_third));
}

TEST_CASE("A write that ends without a word leaves the cache where it was") {
  Cache cache;
  REQUIRE(cache->take({cloud()}, rows(1, {vnc}), one_moment).ok());
  cache->begin_write();
  cache->end_write();
  CHECK(cache->find({cloud()}, one_moment));
}

TEST_CASE("When all is loaded what is not there is known to have no policy") {
  Cache cache;
  REQUIRE(
      cache->take({user("idle"), project("q"), cloud()}, rows(4, {"", "", vnc}), one_moment).ok());
  const std::vector<Scope> strangers{domain("x"), project("q"), user("y"), instance("z", 1),
                                     instance("p", 2)};
  CHECK_FALSE(cache->find(strangers, one_moment));
  const auto before = cache->figures();
  CHECK_FALSE(before.complete);
  CHECK(before.entries == 3);
  cache.load({{cloud(), vnc}, {instance("p", 1), spice}}, one_moment);
  const auto found = cache->find(strangers, one_moment);
  REQUIRE(found);
  CHECK(std::count(found->policies.begin(), found->policies.end(), nullptr) == 5);
  CHECK(found->revision == 4);
  CHECK(cache->find({instance("p", 1)}, one_moment)->policies[0] != nullptr);
  // Those who have none are not kept any more: the cloud, the project of the instance, the
  // instance.
  const CacheFigures figures = cache->figures();
  CHECK(figures.complete);
  CHECK(figures.entries == 3);
  CHECK(figures.from_memory == 2);
  CHECK(figures.from_database == 1);
}

TEST_CASE("A complete cache stays so over commits of this process, and not over others'") {
  Cache cache;
  REQUIRE(cache->take({cloud()}, rows(1, {""}), one_moment).ok());
  cache.load({{instance("p", 1), spice}}, one_moment);
  REQUIRE(cache.commit({{{instance("p", 1), ""}, {user("u"), vnc}}, 3}, another).ok());
  const auto found = cache->find({instance("p", 1), user("u"), user("v")}, another);
  REQUIRE(found);
  CHECK(found->policies[0] == nullptr);
  CHECK(found->policies[1] != nullptr);
  CHECK(found->policies[2] == nullptr);
  CHECK(cache->figures().entries == 1);
  cache.commit_of_others(a_third);
  CHECK_FALSE(cache->figures().complete);
  CHECK_FALSE(cache->find({user("v")}, a_third));
  REQUIRE(cache->take({cloud()}, rows(4, {""}), a_third).ok());
  CHECK_FALSE(cache->find({user("v")}, a_third));
}

TEST_CASE("A load is in vain when others commit, and goes on when this process does") {
  Cache cache;
  REQUIRE(cache->begin_load(one_moment));
  REQUIRE(cache->load({{user("a"), vnc}}, one_moment).value() == PolicyCache::Loaded::kept);
  cache->begin_write();
  cache.fake.say(another);
  CHECK(cache->load({{user("b"), vnc}}, one_moment).value() == PolicyCache::Loaded::again);
  CHECK(cache->load({{user("b"), vnc}}, another).value() == PolicyCache::Loaded::again);
  REQUIRE(cache->carry({{{user("a"), ""}}, 2}, another).ok());
  cache->end_write();
  CHECK(cache->load({{user("b"), vnc}}, another).value() == PolicyCache::Loaded::kept);
  cache.commit_of_others(a_third);
  CHECK(cache->load({{user("c"), vnc}}, another).value() == PolicyCache::Loaded::again);
  CHECK(cache->load({{user("c"), vnc}}, a_third).value() == PolicyCache::Loaded::in_vain);
  CHECK_FALSE(cache->end_load());
  CHECK_FALSE(cache->figures().complete);
}

TEST_CASE("Equal bodies are one policy in memory, also over a commit of others") {
  Cache cache;
  const auto first = cache->take({project("p")}, rows(1, {vnc}), one_moment);
  cache.commit_of_others(another);
  const auto second = cache->take({project("q")}, rows(2, {vnc}), another);
  CHECK(first.value().policies[0] == second.value().policies[0]);
}

TEST_CASE("A body that cannot be read is an error that names the scope, and is not kept") {
  Cache cache;
  const auto read = cache->take({project("bad")}, rows(1, {"{\"prefer\":"}), one_moment);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().internal.find("owner_id 'bad'") != std::string::npos);
  CHECK_FALSE(cache->find({project("bad")}, one_moment));
  CHECK_FALSE(cache.commit({{{project("bad"), "{"}}, 2}, another).ok());
  CHECK_FALSE(cache->find({project("bad")}, another));
}

TEST_CASE("Memory follows the policies that are there, not those that ever were") {
  Cache cache;
  cache.load({}, one_moment);
  std::uint32_t moment = 1;
  const auto write = [&](int from, int to, bool there) {
    WrittenPolicies written;
    for (int i = from; i < to; ++i) {
      written.changes.push_back({instance("p", i), there ? body_saying(i + to) : ""});
    }
    REQUIRE(cache.commit(written, {++moment}).ok());
  };
  write(0, 1000, true);
  const std::uint64_t once = cache->figures().bytes;
  for (int round = 0; round < 50; ++round) write(0, 1000, true);
  CHECK(cache->figures().bytes <= once + 1000);
  write(0, 1000, false);
  CHECK(cache->figures().entries == 0);
  CHECK(cache->figures().bytes < once / 2);
  CHECK(cache->figures().complete);
}

TEST_CASE("After commits of others what nobody refers to any more goes") {
  Cache cache;
  std::uint32_t moment = 1;
  std::uint64_t most = 0;
  for (int i = 0; i < 20000; ++i) {
    if (i % 100 == 0) cache.commit_of_others({++moment});
    REQUIRE(
        cache->take({instance("p", i)}, rows(1, {body_saying(i)}), WalIndex::Header{moment}).ok());
    most = std::max(most, cache->figures().bytes);
  }
  CHECK(most < 300UL * 500);
}

TEST_CASE("A hundred thousand instances are found again, each with its own policy") {
  Cache cache;
  constexpr int count = 100000;
  for (int i = 0; i < count; ++i) {
    REQUIRE(cache->take({instance("p", i)}, rows(1, {i % 2 == 0 ? vnc : ""}), one_moment).ok());
  }
  int found = 0;
  int wrong = 0;
  for (int i = 0; i < count; ++i) {
    const auto known = cache->find({instance("p", i)}, one_moment);
    if (!known) continue;
    ++found;
    if ((known->policies[0] != nullptr) != (i % 2 == 0)) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(found == count);
}

TEST_CASE("At the bound of users one goes for another, and the cache goes on") {
  Cache cache;
  cache.load({}, one_moment);
  constexpr int more = 100;
  constexpr int count = static_cast<int>(OwnerTable::max_owners) + more;
  PolicyCache::Changes users;
  for (int i = 0; i < count; ++i) users.push_back({user("u" + std::to_string(i)), vnc});
  REQUIRE(cache.commit({users, 1}, another).ok());
  CHECK_FALSE(cache->figures().complete);
  CHECK(cache->figures().entries == OwnerTable::max_owners);
  int found = 0;
  for (int i = 0; i < count; ++i) {
    const auto known = cache->find({user("u" + std::to_string(i))}, another);
    if (!known) continue;
    ++found;
    REQUIRE(said(*known, 0).prefer.size() == 1);
  }
  CHECK(found == count - more);
  REQUIRE(cache->begin_load(another));
  CHECK(cache->load(users, another).value() == PolicyCache::Loaded::full);
}

TEST_CASE("At the bound of bytes a new policy is answered and not kept, and the cache goes on") {
  Cache cache;
  cache.load({}, one_moment);
  const auto long_body = [](int number) {
    const std::string digits = std::to_string(1000000 + number);
    return R"({"prefer":["VNC"],"reason":")" + digits + std::string(450, 'x') + "\"}";
  };
  int number = 0;
  while (cache->figures().complete) {
    REQUIRE(number < 1000000);
    const std::string body = long_body(++number);
    REQUIRE(cache->take({instance("p", number)}, rows(1, {body}), one_moment).ok());
  }
  CHECK(cache->figures().bytes < PolicyBodies::max_bytes + (32UL << 20U));
  const auto read = cache->take({user("u")}, rows(1, {long_body(0)}), one_moment);
  CHECK(said(read.value(), 0).reason->size() == 457);
  CHECK_FALSE(cache->find({user("u")}, one_moment));
  // One of those that are there goes: there is room again.
  REQUIRE(cache.commit({{{instance("p", 1), ""}}, 2}, another).ok());
  REQUIRE(cache->take({user("u")}, rows(2, {long_body(0)}), another).ok());
  CHECK(cache->find({user("u")}, another));
}
