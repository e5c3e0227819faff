// SPDX-License-Identifier: Apache-2.0
#include "service/identity/token_cache.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::identity;
using std::chrono_literals::operator""s;

namespace {

const Timestamp noon{std::chrono::hours(12)};

Result<CallerPtr> caller(const std::string& user, Timestamp expires_at) {
  Caller made;
  made.user_id = user;
  made.expires_at = expires_at;
  return CallerPtr(std::make_shared<const Caller>(made));
}

const Error refused{ErrorCode::unauthenticated, "no", {}};

}  // namespace

TEST_CASE("A token is believed for its time, and the end of it counts no more") {
  TokenCache cache(10, 300s);
  cache.remember(sha256("t"), caller("u", noon + 3600s), Expired::refused, noon);
  CHECK(cache.find(sha256("t"), noon)->value()->user_id == "u");
  CHECK(cache.find(sha256("t"), noon + 299s).has_value());
  CHECK_FALSE(cache.find(sha256("t"), noon + 300s).has_value());
  CHECK_FALSE(cache.find(sha256("other"), noon).has_value());
}

TEST_CASE("A token is never believed past its own expiry, unless expired ones are allowed") {
  TokenCache cache(10, 300s);
  cache.remember(sha256("t"), caller("u", noon + 60s), Expired::refused, noon);
  CHECK(cache.find(sha256("t"), noon + 59s).has_value());
  CHECK_FALSE(cache.find(sha256("t"), noon + 60s).has_value());
  cache.remember(sha256("e"), caller("u", noon - 60s), Expired::allowed, noon);
  CHECK(cache.find(sha256("e"), noon + 299s).has_value());
  CHECK_FALSE(cache.find(sha256("e"), noon + 300s).has_value());
}

TEST_CASE("A clock that is set back makes a miss, not a longer life") {
  TokenCache cache(10, 300s);
  cache.remember(sha256("t"), caller("u", noon + 3600s), Expired::refused, noon);
  CHECK_FALSE(cache.find(sha256("t"), noon - 1s).has_value());
}

TEST_CASE("A refusal is remembered shortly, and that Keystone was away not at all") {
  TokenCache cache(10, 300s);
  cache.remember(sha256("bad"), refused, Expired::refused, noon);
  CHECK(cache.find(sha256("bad"), noon + 9s)->error().code == ErrorCode::unauthenticated);
  CHECK_FALSE(cache.find(sha256("bad"), noon + 10s).has_value());
  cache.remember(sha256("away"), Error{ErrorCode::unavailable, "away", {}}, Expired::refused, noon);
  CHECK_FALSE(cache.find(sha256("away"), noon).has_value());
}

TEST_CASE(
    "The cache is bounded: what was not asked for the longest goes, and refusals drive out "
    "no good token") {
  TokenCache cache(3, 300s);
  const auto put = [&](const std::string& token) {
    cache.remember(sha256(token), caller(token, noon + 3600s), Expired::refused, noon);
  };
  put("a");
  put("b");
  put("c");
  CHECK(cache.find(sha256("a"), noon).has_value());
  put("d");
  CHECK_FALSE(cache.find(sha256("b"), noon).has_value());
  for (int i = 0; i < 100; ++i) {
    cache.remember(sha256(std::to_string(i)), refused, Expired::refused, noon);
  }
  for (const char* kept : {"a", "c", "d"}) CHECK(cache.find(sha256(kept), noon).has_value());
  CHECK_FALSE(cache.find(sha256("0"), noon).has_value());
}

TEST_CASE("An expiring cache replaces what it holds, and keeps nothing that is over already") {
  ExpiringCache<int, int> cache(2);
  cache.put(1, 10, noon, noon + 10s);
  cache.put(1, 11, noon, noon + 10s);
  CHECK(cache.find(1, noon) == 11);
  CHECK(cache.size() == 1);
  cache.put(1, 12, noon, noon);
  CHECK_FALSE(cache.find(1, noon).has_value());
  CHECK(cache.size() == 0);
}

TEST_CASE("When all in an expiring cache were asked for, the oldest goes, and the new one stays") {
  ExpiringCache<int, int> cache(3);
  for (const int key : {1, 2, 3}) cache.put(key, key, noon, noon + 10s);
  for (const int key : {3, 2, 1}) CHECK(cache.find(key, noon) == key);
  cache.put(4, 4, noon, noon + 10s);
  CHECK_FALSE(cache.find(1, noon).has_value());
  for (const int key : {2, 3, 4}) CHECK(cache.find(key, noon) == key);
  CHECK(cache.size() == 3);
}
