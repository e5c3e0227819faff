// SPDX-License-Identifier: Apache-2.0
// RateLimiter: a token bucket for each key.
//
// Contract: each bucket holds at most `per_minute` tokens and is refilled at that rate. The
//           `max_keys` most recently used keys are kept; a key that was evicted starts again with a
//           full bucket. A client that cycles through more keys than that evades this limit and
//           meets the quotas of the store.
// Threads:  safe for concurrent use; one mutex, held for a look-up.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace console_policy::api {

class RateLimiter final {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t default_max_keys = 20'000;

  explicit RateLimiter(std::size_t per_minute, std::size_t max_keys = default_max_keys)
      : per_minute_(static_cast<double>(per_minute)), max_keys_(max_keys) {}

  // Takes a token from the bucket of the key. Returns nothing if there was one; else how long to
  // wait, at least a second.
  std::optional<std::chrono::seconds> admit(const std::string& key, Clock::time_point now);

 private:
  struct Bucket {
    std::string key;
    double tokens;
    Clock::time_point filled_at;
  };

  const double per_minute_;
  const std::size_t max_keys_;
  std::mutex mutex_;           // guards what follows
  std::list<Bucket> buckets_;  // the most recently used is in front
  std::unordered_map<std::string, std::list<Bucket>::iterator> by_key_;
};

}  // namespace console_policy::api
