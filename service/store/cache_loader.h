// SPDX-License-Identifier: Apache-2.0
// CacheLoader: reads all policies into the cache, beside everything else, so that it becomes
// complete.
//
// Contract: a thread of its own loads at the start, and again after another process has committed:
//           first after load_pause, and after each load twice as long, up to longest_load_pause,
//           until the cache has stayed complete for that long. It rests rest_share times as long as
//           it works. When there is no room for all policies it tries again after full_pause. What
//           fails (the database cannot be read, a row is broken) leaves the cache incomplete:
//           in_force() asks the database then, and tells of the row.
// Threads:  its own. The destructor ends it: after one stretch, or the wait for a lock, at the
// most. Lifetime: index and cache must outlive it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>

#include "service/store/policy_cache.h"
#include "service/store/wal_index.h"

namespace console_policy::store {

class CacheLoader final {
 public:
  static constexpr std::size_t max_stretch = 256;  // policies in one go
  static constexpr std::size_t min_stretch = 16;   // while somebody commits all the time
  static constexpr int rest_share = 3;             // so a quarter of a core at the most
  static constexpr std::chrono::milliseconds look_interval{500};
  static constexpr std::chrono::seconds load_pause{2};
  static constexpr std::chrono::seconds longest_load_pause{60};
  static constexpr std::chrono::seconds full_pause{600};
  static constexpr std::chrono::seconds lock_wait{1};

  CacheLoader(std::string path, const WalIndex& index, PolicyCache& cache);
  CacheLoader(const CacheLoader&) = delete;
  CacheLoader& operator=(const CacheLoader&) = delete;
  ~CacheLoader();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Ended { complete, in_vain, full };

  void run();
  Result<Ended> load();
  // True: the end has come.
  bool rest(Clock::duration time);

  const std::string path_;
  const WalIndex* index_;
  PolicyCache* cache_;
  std::mutex mutex_;  // guards ending_
  std::condition_variable changed_;
  bool ending_{false};
  std::thread thread_;
};

}  // namespace console_policy::store
