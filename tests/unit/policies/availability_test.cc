// SPDX-License-Identifier: Apache-2.0
// R13 and R14 of policies/README.md: which observations count, and which reports are stored.
#include "policies/availability.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace console_policy;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr hours max_age{24};
const Timestamp noon{std::chrono::seconds{1'790'000'000}};
const Fingerprint running{noon - hours(2), "5368aec0"};

SeenType seen(ConsoleType type, AvailabilityStatus status, Timestamp seen_at = noon - hours(1)) {
  return SeenType{type, status, running, seen_at, {}};
}

AvailabilityFacts facts(std::vector<SeenType> known) {
  return AvailabilityFacts{std::move(known), running, max_age, noon};
}

std::vector<ConsoleType> types(const std::vector<KnownUnavailable>& known) {
  std::vector<ConsoleType> list;
  for (const KnownUnavailable& one : known) list.push_back(one.type);
  return list;
}

constexpr auto vnc = ConsoleType::vnc;
constexpr auto spice = ConsoleType::spice;
constexpr auto serial = ConsoleType::serial;
constexpr auto unavailable = AvailabilityStatus::unavailable;
constexpr auto opened = AvailabilityStatus::opened;

}  // namespace

TEST_CASE(
    "R13: a type that is known to be unavailable stands at the end, the others keep their order") {
  const Availability known = order_by_availability(
      {spice, vnc, serial}, facts({seen(spice, unavailable), seen(vnc, opened)}));
  CHECK(known.consoles == std::vector{vnc, serial, spice});
  CHECK(types(known.unavailable) == std::vector{spice});
  CHECK(known.unavailable[0].seen_at == noon - hours(1));
  CHECK(known.available == std::vector{vnc});
  CHECK(known.saved_tries == 1);
}

TEST_CASE("R13: only unavailable types before the first try are saved tries") {
  CHECK(
      order_by_availability({spice, vnc, serial}, facts({seen(serial, unavailable)})).saved_tries ==
      0);
  // All of them are unavailable: each is tried all the same.
  const Availability all = order_by_availability(
      {spice, vnc}, facts({seen(spice, unavailable), seen(vnc, unavailable)}));
  CHECK(all.consoles == std::vector{spice, vnc});
  CHECK(all.saved_tries == 0);
}

TEST_CASE("R13: no observation counts without the instance's fingerprint") {
  const std::optional<Fingerprint> others[] = {
      std::nullopt,
      Fingerprint{running.instance_updated + seconds(1), running.host_id},  // an action
      Fingerprint{running.instance_updated, "5368aec1"},                    // another host
      Fingerprint{running.instance_updated, ""}};  // a host that Nova does not name
  for (const std::optional<Fingerprint>& other : others) {
    AvailabilityFacts known = facts({seen(spice, unavailable), seen(vnc, opened)});
    known.fingerprint = other;
    const Availability result = order_by_availability({spice, vnc}, known);
    CHECK(result.consoles == std::vector{spice, vnc});
    CHECK(result.unavailable.empty());
    CHECK(result.available.empty());
  }
}

TEST_CASE("R13: an observation counts up to the maximum age, and not a microsecond longer") {
  const std::chrono::microseconds tick(1);
  for (const auto& [seen_at, counts] :
       {std::pair{noon - max_age, true}, std::pair{noon - max_age - tick, false},
        std::pair{noon + max_age, true}, std::pair{noon + max_age + tick, false}}) {
    const Availability result =
        order_by_availability({spice, vnc}, facts({seen(spice, unavailable, seen_at)}));
    CHECK(result.unavailable.empty() != counts);
  }
}

TEST_CASE("R13: a denied type stays denied, regardless of observations") {
  const Availability result =
      order_by_availability({vnc}, facts({seen(spice, opened), seen(serial, unavailable)}));
  CHECK(result.consoles == std::vector{vnc});
  CHECK(result.unavailable.empty());
  CHECK(result.available.empty());
}

TEST_CASE(
    "R13: whatever was seen, the types are the same ones, and to order twice changes nothing") {
  std::mt19937 random(20261125);  // NOLINT(cert-msc51-cpp): the same facts in each run
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  for (int round = 0; round < 20'000; ++round) {
    std::vector<ConsoleType> consoles(all_console_types.begin(), all_console_types.end());
    std::shuffle(consoles.begin(), consoles.end(), random);
    consoles.resize(below(6));
    AvailabilityFacts known = facts({});
    if (below(8) == 0) known.fingerprint.reset();
    for (const ConsoleType type : all_console_types) {
      if (below(3) == 0) continue;
      SeenType one = seen(type, below(2) == 0 ? opened : unavailable, noon - hours(below(30)));
      if (below(4) == 0) one.fingerprint.instance_updated += seconds(1);
      if (below(4) == 0) one.fingerprint.host_id = "ff";
      known.seen.push_back(one);
    }
    const Availability once = order_by_availability(consoles, known);
    CHECK(std::is_permutation(once.consoles.begin(), once.consoles.end(), consoles.begin(),
                              consoles.end()));
    const Availability twice = order_by_availability(once.consoles, known);
    CHECK(twice.consoles == once.consoles);
    CHECK(types(twice.unavailable) == types(once.unavailable));
    CHECK(twice.saved_tries == 0);
    // The types that moved are at the end; both parts keep their order.
    CHECK(std::equal(once.unavailable.rbegin(), once.unavailable.rend(), once.consoles.rbegin(),
                     [](const KnownUnavailable& a, ConsoleType b) { return a.type == b; }));
    const auto place = [&](ConsoleType type) {
      return std::find(consoles.begin(), consoles.end(), type);
    };
    const auto middle = once.consoles.end() - static_cast<std::ptrdiff_t>(once.unavailable.size());
    const auto as_before = [&](ConsoleType a, ConsoleType b) { return place(a) < place(b); };
    CHECK(std::is_sorted(once.consoles.begin(), middle, as_before));
    CHECK(std::is_sorted(middle, once.consoles.end(), as_before));
  }
}

TEST_CASE("R14: which observations of a report are stored") {
  const std::vector<SeenType> before{seen(spice, unavailable), seen(vnc, opened)};
  Learning learning{running, max_age, noon};
  const auto result = [&](ConsoleType type, Outcome outcome) {
    return result_of(before, Observation{type, outcome, {}}, learning);
  };
  SECTION("something new") {
    CHECK(result(serial, Outcome::unavailable) == ObservationResult::write);
    CHECK(result(serial, Outcome::opened) == ObservationResult::write);
  }
  SECTION("a failure teaches nothing") {
    for (const ConsoleType type : all_console_types)
      CHECK(result(type, Outcome::failed) == ObservationResult::failed);
  }
  SECTION("one opening takes an observation back at once, and the other way round") {
    CHECK(result(spice, Outcome::opened) == ObservationResult::write);
    CHECK(result(vnc, Outcome::unavailable) == ObservationResult::write);
  }
  SECTION("the same again is not written while it is young") {
    CHECK(result(spice, Outcome::unavailable) == ObservationResult::unchanged);
    learning.now = noon + hours(11);
    CHECK(result(spice, Outcome::unavailable) == ObservationResult::unchanged);
    learning.now = noon + hours(11) + seconds(1);
    CHECK(result(spice, Outcome::unavailable) == ObservationResult::write);
  }
  SECTION("another fingerprint is something new") {
    learning.fingerprint.instance_updated += seconds(1);
    CHECK(result(spice, Outcome::unavailable) == ObservationResult::write);
  }
  SECTION("another host at the same time is something new") {
    learning.fingerprint.host_id = "ff";
    CHECK(result(spice, Outcome::unavailable) == ObservationResult::write);
  }
  SECTION("an older instance teaches nothing, not even of a type that nothing is known of") {
    learning.fingerprint.instance_updated -= seconds(1);
    for (const ConsoleType type : all_console_types) {
      CHECK(result(type, Outcome::opened) == ObservationResult::stale);
      CHECK(result(type, Outcome::unavailable) == ObservationResult::stale);
    }
  }
}

TEST_CASE("R14: a stored observation has the report's fingerprint and time") {
  const NovaAnswer answer{400, 41};
  const std::vector<SeenType> written = learn(
      {seen(vnc, opened)},
      {Observation{vnc, Outcome::opened, {}}, Observation{spice, Outcome::unavailable, answer},
       Observation{serial, Outcome::failed, {}}},
      Learning{running, max_age, noon});
  REQUIRE(written.size() == 1);
  CHECK(written[0].type == spice);
  CHECK(written[0].status == unavailable);
  CHECK(written[0].fingerprint == running);
  CHECK(written[0].seen_at == noon);
  CHECK(written[0].answer.status == 400);
  CHECK(written[0].answer.milliseconds == 41);
}

TEST_CASE("R14: a fingerprint is well formed, and not from the future") {
  CHECK(check_host_id("").ok());
  CHECK(check_host_id(std::string(64, 'a')).ok());
  for (const std::string& text :
       {std::string(65, 'a'), std::string("A0"), std::string("host-1"), std::string(" ")}) {
    CHECK_FALSE(check_host_id(text).ok());
  }
  CHECK(check_instance_updated(noon + max_clock_difference, noon).ok());
  CHECK_FALSE(check_instance_updated(noon + max_clock_difference + seconds(1), noon).ok());
}

TEST_CASE("words of availability are read as they are written") {
  for (const Outcome outcome : all_outcomes) CHECK(parse_outcome(name(outcome)) == outcome);
  for (const AvailabilityStatus status : {opened, unavailable}) {
    CHECK(parse_availability_status(name(status)) == status);
  }
  CHECK_FALSE(parse_outcome("Opened").has_value());
  CHECK_FALSE(parse_availability_status("failed").has_value());
}
