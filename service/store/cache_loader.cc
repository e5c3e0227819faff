// SPDX-License-Identifier: Apache-2.0
#include "service/store/cache_loader.h"

#include <algorithm>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/policy_stretch.h"
#include "service/store/session.h"

namespace console_policy::store {

CacheLoader::CacheLoader(std::string path, const WalIndex& index, PolicyCache& cache)
    : path_(std::move(path)), index_(&index), cache_(&cache), thread_([this] { run(); }) {}

CacheLoader::~CacheLoader() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void CacheLoader::run() {
  Clock::duration pause = load_pause;
  Clock::time_point next_load = Clock::now();
  do {
    const Clock::time_point now = Clock::now();
    if (cache_->figures().complete) {
      if (now > next_load + longest_load_pause) pause = load_pause;
      continue;
    }
    if (now < next_load) continue;
    const Result<Ended> ended =
        without_exceptions(path_, [this]() -> Result<Ended> { return load(); });
    const bool full = ended.ok() && ended.value() == Ended::full;
    next_load = Clock::now() + (full ? Clock::duration(full_pause) : pause);
    pause = std::min<Clock::duration>(pause * 2, longest_load_pause);
  } while (!rest(look_interval));
}

Result<CacheLoader::Ended> CacheLoader::load() {
  Session session(path_, Clock::now() + lock_wait);
  PolicyStretch policies(session.sql());
  std::size_t limit = max_stretch;
  bool begun = false;
  Clock::duration worked{0};
  while (!rest(worked * rest_share)) {
    const Clock::time_point began = Clock::now();
    const std::optional<WalIndex::Header> before = index_->header();
    if (before && !begun) begun = cache_->begin_load(*before);
    if (before && begun) {
      Result<PolicyCache::Changes> stretch = policies.next(limit);
      if (!stretch.ok()) return std::move(stretch).error();
      const Result<PolicyCache::Loaded> loaded = cache_->load(stretch.value(), *before);
      if (!loaded.ok()) return loaded.error();
      if (loaded.value() == PolicyCache::Loaded::in_vain) return Ended::in_vain;
      if (loaded.value() == PolicyCache::Loaded::full) return Ended::full;
      const bool kept = loaded.value() == PolicyCache::Loaded::kept;
      if (kept && policies.at_end()) {
        return cache_->end_load() ? Ended::complete : Ended::in_vain;
      }
      if (!kept) policies.again();
      limit = kept ? std::min(limit * 2, max_stretch) : std::max(limit / 2, min_stretch);
    }
    worked = std::max<Clock::duration>(Clock::now() - began, std::chrono::microseconds(100));
  }
  return Ended::in_vain;
}

bool CacheLoader::rest(Clock::duration time) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, time, [this] { return ending_; });
}

}  // namespace console_policy::store
