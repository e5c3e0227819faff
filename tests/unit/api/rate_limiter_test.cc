// SPDX-License-Identifier: Apache-2.0
#include "service/api/rate_limiter.h"

#include <catch2/catch.hpp>

using console_policy::api::RateLimiter;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const RateLimiter::Clock::time_point start{};

}  // namespace

TEST_CASE("A full bucket admits its limit at once, then returns how long to wait") {
  RateLimiter limiter(3);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(limiter.admit("a", start).has_value());
  CHECK(limiter.admit("a", start) == seconds(20));
  CHECK(limiter.admit("a", start + seconds(19)) == seconds(1));
  CHECK_FALSE(limiter.admit("a", start + seconds(20)).has_value());
  CHECK(limiter.admit("a", start + seconds(20)).has_value());
}

TEST_CASE("A bucket refills to its limit and not beyond") {
  RateLimiter limiter(2);
  CHECK_FALSE(limiter.admit("a", start).has_value());
  const auto later = start + std::chrono::hours(1);
  CHECK_FALSE(limiter.admit("a", later).has_value());
  CHECK_FALSE(limiter.admit("a", later).has_value());
  CHECK(limiter.admit("a", later).has_value());
}

TEST_CASE("The wait is at least a second") {
  RateLimiter limiter(600);
  for (int i = 0; i < 600; ++i) CHECK_FALSE(limiter.admit("a", start).has_value());
  CHECK(limiter.admit("a", start + milliseconds(1)) == seconds(1));
}

TEST_CASE("Each key has a bucket of its own") {
  RateLimiter limiter(1);
  CHECK_FALSE(limiter.admit("a", start).has_value());
  CHECK_FALSE(limiter.admit("b", start).has_value());
  CHECK(limiter.admit("a", start).has_value());
}

TEST_CASE("The least recently used key is evicted and starts again with a full bucket") {
  RateLimiter limiter(1, 2);
  CHECK_FALSE(limiter.admit("a", start).has_value());
  CHECK_FALSE(limiter.admit("b", start).has_value());
  CHECK(limiter.admit("a", start).has_value());        // now b is the least recently used
  CHECK_FALSE(limiter.admit("c", start).has_value());  // evicts b
  CHECK(limiter.admit("a", start).has_value());
  CHECK_FALSE(limiter.admit("b", start).has_value());
}
