// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>

#include "service/store/policy_map.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

PolicyPtr policy_of(const std::string& reason) {
  return std::make_shared<const Policy>(says(reason));
}

Scope instance_of(std::uint64_t high, std::uint64_t low) {
  std::array<char, 37> text{};
  std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(high >> 32U), static_cast<unsigned>(high >> 16U & 0xffffU),
                static_cast<unsigned>(high & 0xffffU), static_cast<unsigned>(low >> 48U),
                static_cast<unsigned long long>(low & 0xffffffffffffU));
  return Scope::parse("instance", "p", text.data()).value();
}

// The quickest of some inserts of all scopes into an empty table.
std::chrono::nanoseconds time_of_inserts(const std::vector<Scope>& scopes) {
  const PolicyPtr policy = policy_of("x");
  auto quickest = std::chrono::nanoseconds::max();
  for (int round = 0; round < 3; ++round) {
    PolicyTable table;
    const auto start = std::chrono::steady_clock::now();
    for (const Scope& scope : scopes) table.set(scope, policy);
    quickest =
        std::min<std::chrono::nanoseconds>(quickest, std::chrono::steady_clock::now() - start);
    REQUIRE(table.size() == scopes.size());
  }
  return quickest;
}

}  // namespace

TEST_CASE("A table finds the policy of each kind of scope and of no other") {
  const std::vector<Scope> scopes{cloud(), domain("x"), project("x"), user("x"), instance("x", 1)};
  PolicyTable table;
  for (const Scope& scope : scopes) {
    CHECK(table.find(scope) == nullptr);
    table.set(scope, policy_of(text_of(scope)));
  }
  for (const Scope& scope : scopes) CHECK((*table.find(scope))->reason == text_of(scope));
  for (const Scope& scope :
       {domain("y"), project("y"), user("y"), instance("y", 1), instance("x", 2)}) {
    CHECK(table.find(scope) == nullptr);
  }
  CHECK(table.size() == 5);
}

TEST_CASE("A row that cannot be read is in the table without a policy") {
  PolicyTable table;
  table.set(project("p"), nullptr);
  REQUIRE(table.find(project("p")) != nullptr);
  CHECK(*table.find(project("p")) == nullptr);
  CHECK(table.size() == 1);
}

TEST_CASE("The count of a project is its own policy and those of its instances") {
  PolicyTable table;
  for (int round = 0; round < 2; ++round) {  // the second one replaces
    for (const Scope& scope : {cloud(), domain("p"), user("p"), project("p"), instance("p", 1),
                               instance("p", 2), instance("q", 1)}) {
      table.set(scope, policy_of("x"));
    }
    CHECK(table.size_of_project("p") == 3);
    CHECK(table.size_of_project("q") == 1);
    CHECK(table.size_of_project("none") == 0);
  }
  for (int round = 0; round < 2; ++round) {
    table.erase(instance("p", 1));
    table.erase(project("q"));
    CHECK(table.size_of_project("p") == 2);
    CHECK(table.size_of_project("q") == 1);
  }
  table.erase(project("p"));
  table.erase(instance("p", 2));
  CHECK(table.size_of_project("p") == 0);
  CHECK(table.size() == 4);
}

TEST_CASE("A project that loses all its policies and comes back has none of the old ones") {
  PolicyTable table;
  table.set(instance("p", 1), policy_of("old"));
  table.erase(instance("p", 1));
  table.set(instance("q", 1), policy_of("other"));
  table.set(instance("p", 2), policy_of("new"));
  CHECK(table.find(instance("p", 1)) == nullptr);
  CHECK((*table.find(instance("q", 1)))->reason == "other");
  CHECK((*table.find(instance("p", 2)))->reason == "new");
}

TEST_CASE("Over many writes a table has what a plain map has") {
  PolicyTable table;
  std::map<std::string, std::pair<Scope, PolicyPtr>> model;
  std::mt19937 random(7);  // the same each time
  for (int step = 0; step < 20'000; ++step) {
    const std::string owner = "p" + std::to_string(random() % 5);
    const int number = static_cast<int>(random() % 30);
    const Scope scope = number == 0   ? project(owner)
                        : number == 1 ? user(owner)
                                      : instance(owner, number);
    if (random() % 2 == 0) {
      const PolicyPtr policy = policy_of(std::to_string(step));
      table.set(scope, policy);
      model.insert_or_assign(text_of(scope), std::pair(scope, policy));
    } else {
      table.erase(scope);
      model.erase(text_of(scope));
    }
    REQUIRE(table.size() == model.size());
  }
  std::map<std::string, std::pair<Scope, PolicyPtr>> all;
  for (const auto& [scope, policy] : table.all())
    all.emplace(text_of(scope), std::pair(scope, policy));
  CHECK(table.all().size() == model.size());
  CHECK(all == model);
  const auto of_p1 = std::count_if(model.begin(), model.end(), [](const auto& entry) {
    const Scope& scope = entry.second.first;
    return scope.owner_id() == "p1" && scope.kind() != ScopeKind::user;
  });
  CHECK(table.size_of_project("p1") == static_cast<std::size_t>(of_p1));
}

TEST_CASE("Instance ids whose halves differ by a constant are stored as fast as random ones") {
  constexpr std::size_t count = 40'000;
  constexpr std::uint64_t constant = 0x9e3779b97f4a7c15U;
  // Ids that share a bucket make an insert a thousand times slower, a busy machine not ten times.
  constexpr int tolerance = 10;
  std::mt19937_64 random(11);
  std::vector<Scope> of_random;
  std::vector<Scope> of_pattern;
  std::vector<Scope> of_equal_halves;
  for (std::size_t i = 0; i < count; ++i) {
    of_random.push_back(instance_of(random(), random()));
    of_pattern.push_back(instance_of(i, i + constant));
    of_equal_halves.push_back(instance_of(i << 32U, i << 32U));
  }
  const auto usual = time_of_inserts(of_random);
  CHECK(time_of_inserts(of_pattern).count() < usual.count() * tolerance);
  CHECK(time_of_inserts(of_equal_halves).count() < usual.count() * tolerance);
}
