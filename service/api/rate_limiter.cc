// SPDX-License-Identifier: Apache-2.0
#include "service/api/report_rate.h"

#include <algorithm>
#include <cmath>

namespace console_policy::api {

std::optional<std::chrono::seconds> ReportRate::admit(const std::string& instance,
                                                      Clock::time_point now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto known = by_instance_.find(instance);
  if (known != by_instance_.end()) {
    buckets_.splice(buckets_.begin(), buckets_, known->second);
  } else {
    if (by_instance_.size() >= max_instances_) {
      by_instance_.erase(buckets_.back().instance);
      buckets_.pop_back();
    }
    buckets_.push_front(Bucket{instance, per_minute_, now});
    by_instance_.emplace(instance, buckets_.begin());
  }
  Bucket& bucket = buckets_.front();
  const double per_second = per_minute_ / 60;
  const std::chrono::duration<double> passed = now - bucket.filled_at;
  bucket.left = std::min(per_minute_, bucket.left + std::max(passed.count(), 0.0) * per_second);
  bucket.filled_at = now;
  if (bucket.left < 1) {
    const auto wait = static_cast<long>(std::ceil((1 - bucket.left) / per_second));
    return std::chrono::seconds(std::max(wait, 1L));
  }
  bucket.left -= 1;
  return std::nullopt;
}

}  // namespace console_policy::api
