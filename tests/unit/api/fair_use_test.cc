// SPDX-License-Identifier: Apache-2.0
#include "service/api/fair_use.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace console_policy;
using api::FairUse;

namespace {

FairUse::Place enter(FairUse& fair_use, const char* address, const char* token,
                     FairUse::Kind kind) {
  Result<FairUse::Place> place = fair_use.enter(address, token, kind);
  REQUIRE(place.ok());
  return std::move(place).value();
}

bool admits(FairUse& fair_use, const char* address, const char* token, FairUse::Kind kind) {
  const Result<FairUse::Place> place = fair_use.enter(address, token, kind);
  if (!place.ok()) CHECK(place.error().code == ErrorCode::too_many_requests);
  return place.ok();
}

}  // namespace

TEST_CASE("An address and a token have so many requests, and so many writes, at once") {
  FairUse fair_use({3, 2, {}});
  std::vector<FairUse::Place> places;
  places.push_back(enter(fair_use, "192.0.2.1", "a", FairUse::Kind::write));
  places.push_back(enter(fair_use, "192.0.2.1", "b", FairUse::Kind::write));
  CHECK_FALSE(admits(fair_use, "192.0.2.1", "c", FairUse::Kind::write));
  places.push_back(enter(fair_use, "192.0.2.1", "c", FairUse::Kind::read));
  CHECK_FALSE(admits(fair_use, "192.0.2.1", "d", FairUse::Kind::read));
  // Others are not touched by it, until their token is the same.
  CHECK(admits(fair_use, "192.0.2.2", "d", FairUse::Kind::write));
  places.push_back(enter(fair_use, "192.0.2.2", "a", FairUse::Kind::write));
  CHECK_FALSE(admits(fair_use, "192.0.2.3", "a", FairUse::Kind::write));
  places.clear();
  CHECK(admits(fair_use, "192.0.2.1", "a", FairUse::Kind::write));
}

TEST_CASE("A proxy's address is not counted, its callers' tokens are") {
  FairUse fair_use({2, 1, {"192.0.2.9"}});
  std::vector<FairUse::Place> places;
  for (const char* token : {"a", "b", "c", "d"}) {
    places.push_back(enter(fair_use, "192.0.2.9", token, FairUse::Kind::write));
  }
  CHECK_FALSE(admits(fair_use, "192.0.2.9", "a", FairUse::Kind::write));
  CHECK(admits(fair_use, "192.0.2.9", "", FairUse::Kind::write));
}

TEST_CASE("A refused request leaves nothing behind") {
  FairUse fair_use({1, 1, {}});
  {
    const FairUse::Place place = enter(fair_use, "192.0.2.1", "a", FairUse::Kind::read);
    for (int i = 0; i < 10; ++i)
      CHECK_FALSE(admits(fair_use, "192.0.2.1", "b", FairUse::Kind::read));
  }
  CHECK(admits(fair_use, "192.0.2.2", "b", FairUse::Kind::read));
}
