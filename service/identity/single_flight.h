// SPDX-License-Identifier: Apache-2.0
// SingleFlight: one question under way for each key, however many wait for its answer.
//
// Contract: join() says what the caller is to do: `first` asks and then calls land(); `later` has
//           nothing to do; `refused` was not taken, since max_flights are under way: its `done` is
//           untouched. land() calls each waiting `done` once, on the calling thread, without a lock
//           held.
// Bounds:   max_flights. Those who wait are requests under way, which http/ bounds.
// Threads:  safe for concurrent use.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "policies/result.h"

namespace console_policy::identity {

enum class Joined { first, later, refused };

template <class Key, class Value>
class SingleFlight final {
 public:
  using Done = std::function<void(Result<Value>)>;

  explicit SingleFlight(std::size_t max_flights) : max_flights_(max_flights) {}

  Joined join(const Key& key, Done& done) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = waiting_.find(key);
    if (at != waiting_.end()) {
      at->second.push_back(std::move(done));
      return Joined::later;
    }
    if (waiting_.size() >= max_flights_) return Joined::refused;
    waiting_[key].push_back(std::move(done));
    return Joined::first;
  }

  void land(const Key& key, const Result<Value>& result) {
    std::vector<Done> landed;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto at = waiting_.find(key);
      if (at == waiting_.end()) return;
      landed = std::move(at->second);
      waiting_.erase(at);
    }
    for (const Done& done : landed) done(result);
  }

 private:
  const std::size_t max_flights_;
  std::mutex mutex_;  // guards waiting_
  std::map<Key, std::vector<Done>> waiting_;
};

}  // namespace console_policy::identity
