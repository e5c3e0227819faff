// SPDX-License-Identifier: Apache-2.0
// What holds for every Facts, tried on many that are drawn at random. The draw is seeded and uses
// no distribution of the standard library, so each run and each platform sees the same facts.
#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <random>

#include "policies/resolution.h"
#include "tests/unit/policies/facts.h"

namespace console_policy::test {
namespace {

constexpr int rounds = 3000;

class Draw final {
 public:
  explicit Draw(unsigned seed) : engine_(seed) {}

  std::size_t below(std::size_t bound) { return engine_() % bound; }
  bool percent(unsigned chance) { return below(100) < chance; }

  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

  ConsoleType type() { return all_console_types[below(all_console_types.size())]; }

  Types types() {
    Types types(all_console_types.begin(), all_console_types.end());
    shuffle(types);
    types.resize(below(types.size() + 1));
    return types;
  }

  // Any policy at all: also one that check_policy() would refuse.
  Policy policy() {
    Policy policy;
    if (percent(70)) policy.prefer = types();
    if (percent(5)) policy.prefer.push_back(type());
    if (percent(40)) policy.deny = ConsoleTypeSet::of(types());
    if (percent(5)) policy.deny_all = true;
    if (percent(40)) policy.allow = ConsoleTypeSet::of(types());
    if (percent(30)) policy.reason = "reason " + std::to_string(below(10));
    if (percent(30)) policy.expires_at = percent(50) ? later() : (percent(50) ? now() : earlier());
    return policy;
  }

  Facts facts() {
    Facts facts{{}, {}, shipped_default(), now()};
    for (const Scope& scope : all_scopes()) {
      if (percent(90)) facts.scopes.push_back(scope);
      if (percent(65)) facts.policies.push_back({scope, policy()});
    }
    if (percent(50)) {
      facts.policies.push_back({Scope::project(ProjectId::parse("other").value()), policy()});
    }
    if (percent(20)) facts.cloud_default = policy();
    shuffle(facts.scopes);
    shuffle(facts.policies);
    return facts;
  }

 private:
  std::mt19937 engine_;  // its numbers are fixed by the standard
};

bool holds(const Types& types, ConsoleType type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

ConsoleTypeSet denied_types(const Resolution& resolution) {
  ConsoleTypeSet types;
  for (const DeniedType& denied : resolution.denied) types.insert(denied.type);
  return types;
}

// What counts at a scope, read off the facts without resolve(): nothing when it does not apply.
std::optional<Policy> counting(const Facts& facts, const Scope& scope) {
  if (std::find(facts.scopes.begin(), facts.scopes.end(), scope) == facts.scopes.end()) {
    return std::nullopt;
  }
  for (const ScopedPolicy& stored : facts.policies) {
    if (stored.scope == scope && !stored.policy.expired(facts.now)) return stored.policy;
  }
  if (scope.kind() == ScopeKind::cloud) return facts.cloud_default;
  return std::nullopt;
}

void put(Facts& facts, const Scope& scope, const Policy& policy) {
  auto& policies = facts.policies;
  policies.erase(std::remove_if(policies.begin(), policies.end(),
                                [&](const ScopedPolicy& p) { return p.scope == scope; }),
                 policies.end());
  policies.push_back({scope, policy});
}

TEST_CASE("The order in which policies are stored does not matter (R9)") {
  Draw draw(1);
  for (int round = 0; round < rounds; ++round) {
    Facts facts = draw.facts();
    const std::string before = text(resolve(facts));
    draw.shuffle(facts.policies);
    draw.shuffle(facts.scopes);
    REQUIRE(text(resolve(facts)) == before);
  }
}

TEST_CASE("The same facts have the same resolution (R9)") {
  Draw one(2);
  Draw other(2);
  for (int round = 0; round < rounds; ++round) {
    REQUIRE(text(resolve(one.facts())) == text(resolve(other.facts())));
  }
}

TEST_CASE("A denied type is never offered (R7)") {
  Draw draw(3);
  int seen = 0;
  for (int round = 0; round < rounds; ++round) {
    const Resolution resolution = resolve(draw.facts());
    for (const DeniedType& denied : resolution.denied) {
      REQUIRE_FALSE(holds(resolution.consoles, denied.type));
      ++seen;
    }
  }
  CHECK(seen > rounds);
}

TEST_CASE("Nothing that is preferred and undenied is lost, and nothing else is offered (R7)") {
  Draw draw(4);
  for (int round = 0; round < rounds; ++round) {
    const Facts facts = draw.facts();
    const Resolution resolution = resolve(facts);
    ConsoleTypeSet preferred;
    for (const Scope& scope : all_scopes()) {
      if (const auto policy = counting(facts, scope)) {
        preferred = preferred | ConsoleTypeSet::of(policy->prefer);
      }
    }
    REQUIRE(ConsoleTypeSet::of(resolution.consoles) == preferred - denied_types(resolution));
  }
}

TEST_CASE("Every type is exactly one of offered, denied and not preferred (R7)") {
  Draw draw(5);
  for (int round = 0; round < rounds; ++round) {
    const Resolution resolution = resolve(draw.facts());
    for (const ConsoleType type : all_console_types) {
      const auto times =
          std::count(resolution.consoles.begin(), resolution.consoles.end(), type) +
          std::count_if(resolution.denied.begin(), resolution.denied.end(),
                        [&](const DeniedType& denied) { return denied.type == type; }) +
          std::count(resolution.not_preferred.begin(), resolution.not_preferred.end(), type);
      REQUIRE(times == 1);
    }
  }
}

TEST_CASE("A scope that alone prefers a type wins the first place over every broader one (R6)") {
  Draw draw(6);
  int won = 0;
  for (int round = 0; round < rounds; ++round) {
    Facts facts = draw.facts();
    facts.scopes = all_scopes();
    const std::size_t at = draw.below(all_scope_kinds.size());
    for (std::size_t narrower = at + 1; narrower < all_scope_kinds.size(); ++narrower) {
      put(facts, the(all_scope_kinds[narrower]), {});
    }
    const ConsoleType type = draw.type();
    put(facts, the(all_scope_kinds[at]), prefer({type}));
    const Resolution resolution = resolve(facts);
    if (denied_types(resolution).contains(type)) continue;
    REQUIRE(resolution.consoles.front() == type);
    ++won;
  }
  CHECK(won > rounds / 4);
}

TEST_CASE("Of two types the one preferred at the narrower scope comes first (R6)") {
  // Where a type is first preferred: how many scopes are narrower, then the place in that list.
  const auto place = [](const Facts& facts, ConsoleType type) {
    const std::vector<Scope> scopes = all_scopes();
    for (std::size_t i = scopes.size(); i-- > 0;) {
      const auto policy = counting(facts, scopes[i]);
      if (!policy) continue;
      const auto found = std::find(policy->prefer.begin(), policy->prefer.end(), type);
      if (found != policy->prefer.end()) {
        return std::make_pair(scopes.size() - i, found - policy->prefer.begin());
      }
    }
    return std::make_pair(std::size_t{0}, std::ptrdiff_t{0});
  };
  Draw draw(7);
  int pairs = 0;
  for (int round = 0; round < rounds; ++round) {
    const Facts facts = draw.facts();
    const Types consoles = resolve(facts).consoles;
    for (std::size_t i = 1; i < consoles.size(); ++i) {
      REQUIRE(place(facts, consoles[i - 1]) < place(facts, consoles[i]));
      ++pairs;
    }
  }
  CHECK(pairs > rounds);
}

TEST_CASE("A deny stands unless a narrower scope allows, and each that stands is named (R4)") {
  Draw draw(8);
  int lifted = 0;
  for (int round = 0; round < rounds; ++round) {
    const Facts facts = draw.facts();
    const Resolution resolution = resolve(facts);
    for (const ConsoleType type : all_console_types) {
      std::vector<StandingDeny> expected;
      const std::vector<Scope> scopes = all_scopes();
      for (std::size_t i = 0; i < scopes.size(); ++i) {
        const auto policy = counting(facts, scopes[i]);
        if (!policy || !policy->denied().contains(type)) continue;
        const bool allowed = std::any_of(scopes.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                         scopes.end(), [&](const Scope& narrower) {
                                           const auto its = counting(facts, narrower);
                                           return its && its->allow.contains(type);
                                         });
        if (allowed) ++lifted;
        if (!allowed) expected.push_back({scopes[i], policy->reason});
      }
      const auto found = std::find_if(resolution.denied.begin(), resolution.denied.end(),
                                      [&](const DeniedType& d) { return d.type == type; });
      REQUIRE((found != resolution.denied.end()) == !expected.empty());
      if (expected.empty()) continue;
      REQUIRE(found->denied_by.size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(found->denied_by[i].scope == expected[i].scope);
        REQUIRE(found->denied_by[i].reason == expected[i].reason);
      }
    }
  }
  CHECK(lifted > rounds / 4);
}

TEST_CASE("Replaying the steps of the explanation gives what is denied and the order (R9)") {
  Draw draw(9);
  for (int round = 0; round < rounds; ++round) {
    const Resolution resolution = resolve(draw.facts());
    ConsoleTypeSet denied;
    for (const ScopeStep& step : resolution.steps) {
      REQUIRE((step.newly_denied & denied).empty());
      REQUIRE((step.given_back - denied).empty());
      denied = (denied - step.given_back) | step.newly_denied;
    }
    REQUIRE(denied == denied_types(resolution));

    Types consoles;
    ConsoleTypeSet placed;
    for (auto step = resolution.steps.rbegin(); step != resolution.steps.rend(); ++step) {
      for (const ConsoleType type : step->placed) {
        REQUIRE_FALSE(placed.contains(type));
        placed.insert(type);
        if (!denied.contains(type)) consoles.push_back(type);
      }
    }
    REQUIRE(consoles == resolution.consoles);
  }
}

TEST_CASE(
    "A step is there for each scope that applies, in order, and an expired one is idle (R2)") {
  Draw draw(10);
  int expired = 0;
  for (int round = 0; round < rounds; ++round) {
    const Facts facts = draw.facts();
    std::vector<Scope> seen;
    const Resolution resolution = resolve(facts);
    for (const ScopeStep& step : resolution.steps) {
      // Only the cloud has two steps: its expired policy, then the shipped default.
      const bool second = step.state == ScopeState::shipped && seen.size() == 1;
      if (!second) seen.push_back(step.scope);
      if (step.state != ScopeState::expired) continue;
      ++expired;
      REQUIRE(step.policy->expired(facts.now));
      REQUIRE((step.newly_denied | step.given_back).empty());
      REQUIRE(step.placed.empty());
    }
    std::vector<Scope> expected;
    for (const Scope& scope : all_scopes()) {
      if (std::find(facts.scopes.begin(), facts.scopes.end(), scope) != facts.scopes.end()) {
        expected.push_back(scope);
      }
    }
    REQUIRE(seen == expected);
  }
  CHECK(expired > rounds / 10);
}

TEST_CASE("Expired policies and those of other scopes might as well not be stored (R1, R2)") {
  Draw draw(11);
  for (int round = 0; round < rounds; ++round) {
    const Facts facts = draw.facts();
    Facts pruned = facts;
    pruned.policies.clear();
    for (const Scope& scope : facts.scopes) {
      for (const ScopedPolicy& stored : facts.policies) {
        if (stored.scope == scope && !stored.policy.expired(now()))
          pruned.policies.push_back(stored);
      }
    }
    const Resolution whole = resolve(facts);
    const Resolution part = resolve(pruned);
    REQUIRE(whole.consoles == part.consoles);
    REQUIRE(whole.not_preferred == part.not_preferred);
    REQUIRE(denied_types(whole) == denied_types(part));
  }
}

TEST_CASE("Denying more never offers more, and allowing more never offers less (R4)") {
  Draw draw(12);
  for (int round = 0; round < rounds; ++round) {
    Facts facts = draw.facts();
    if (facts.policies.empty()) continue;
    const auto offered = [&] { return ConsoleTypeSet::of(resolve(facts).consoles); };
    const ConsoleTypeSet before = offered();
    Policy& changed = facts.policies[draw.below(facts.policies.size())].policy;
    const ConsoleType type = draw.type();
    changed.deny.insert(type);
    REQUIRE((offered() - before).empty());
    changed.deny = changed.deny - set({type});
    const ConsoleTypeSet without = offered();
    changed.allow.insert(type);
    REQUIRE((without - offered()).empty());
  }
}

}  // namespace
}  // namespace console_policy::test
