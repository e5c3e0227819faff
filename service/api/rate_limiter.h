// SPDX-License-Identifier: Apache-2.0
// ReportRate: how often the outcomes of one instance may be reported.
//
// Contract: a bucket for each instance: `per_minute` at once, and so many a minute in the long run.
//           Of the instances that were reported last, max_instances are remembered; who is
//           forgotten begins with a full bucket. Whoever cycles through more than that evades this
//           bound and meets the store's own.
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

class ReportRate final {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t max_instances = 20'000;

  explicit ReportRate(std::size_t per_minute, std::size_t instances = max_instances)
      : per_minute_(static_cast<double>(per_minute)), max_instances_(instances) {}

  // Nothing when the report may be taken; else how long to wait, at least a second.
  std::optional<std::chrono::seconds> admit(const std::string& instance, Clock::time_point now);

 private:
  struct Bucket {
    std::string instance;
    double left;
    Clock::time_point filled_at;
  };

  const double per_minute_;
  const std::size_t max_instances_;
  std::mutex mutex_;           // guards what follows
  std::list<Bucket> buckets_;  // the one that was used last is in front
  std::unordered_map<std::string, std::list<Bucket>::iterator> by_instance_;
};

}  // namespace console_policy::api
