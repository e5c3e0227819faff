// SPDX-License-Identifier: Apache-2.0
#include "service/api/rate_limiter.h"

#include <algorithm>
#include <cmath>

namespace console_policy::api {

std::optional<std::chrono::seconds> RateLimiter::admit(const std::string& key,
                                                       Clock::time_point now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, known->second);
  } else {
    if (by_key_.size() >= max_keys_) {
      by_key_.erase(buckets_.back().key);
      buckets_.pop_back();
    }
    buckets_.push_front(Bucket{key, per_minute_, now});
    by_key_.emplace(key, buckets_.begin());
  }
  Bucket& bucket = buckets_.front();
  const double per_second = per_minute_ / 60;
  const std::chrono::duration<double> passed = now - bucket.filled_at;
  bucket.tokens = std::min(per_minute_, bucket.tokens + std::max(passed.count(), 0.0) * per_second);
  bucket.filled_at = now;
  if (bucket.tokens < 1) {
    const auto wait = static_cast<long>(std::ceil((1 - bucket.tokens) / per_second));
    return std::chrono::seconds(std::max(wait, 1L));
  }
  bucket.tokens -= 1;
  return std::nullopt;
}

}  // namespace console_policy::api
