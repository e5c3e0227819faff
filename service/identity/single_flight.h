// SPDX-License-Identifier: Apache-2.0
// SingleFlight: one request in flight for each key; later requests for the key join it.
//
// Contract: join() returns what the caller does next: `first` sends the request and then calls
//           land(); `joined` does nothing; `refused` was not admitted, and its `done` is untouched.
//           land() calls each `done` of the key once, on the calling thread, without a lock.
// Bounds:   max_flights in all, and half of them for one client, so that one client cannot keep
//           all others out. Each joining call belongs to a request in flight, which http/ bounds.
// Threads:  safe for concurrent use.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "policies/result.h"

namespace console_policy::identity {

enum class Joined { first, joined, refused };

template <class Key, class Value>
class SingleFlight final {
 public:
  using Done = std::function<void(Result<Value>)>;

  explicit SingleFlight(std::size_t max_flights)
      : max_flights_(max_flights),
        max_flights_of_client_(std::max<std::size_t>(1, max_flights / 2)) {}

  // `client`: the address that the flight counts for; empty: none.
  Joined join(const Key& key, Done& done, const std::string& client = {}) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = flights_.find(key);
    if (at != flights_.end()) {
      at->second.waiting.push_back(std::move(done));
      return Joined::joined;
    }
    if (flights_.size() >= max_flights_) return Joined::refused;
    if (!client.empty() && ++of_client_[client] > max_flights_of_client_) {
      --of_client_[client];
      return Joined::refused;
    }
    Flight& flight = flights_[key];
    flight.client = client;
    flight.waiting.push_back(std::move(done));
    return Joined::first;
  }

  void land(const Key& key, const Result<Value>& result) {
    Flight landed;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto at = flights_.find(key);
      if (at == flights_.end()) return;
      landed = std::move(at->second);
      flights_.erase(at);
      const auto count = of_client_.find(landed.client);
      if (count != of_client_.end() && --count->second == 0) of_client_.erase(count);
    }
    for (const Done& done : landed.waiting) done(result);
  }

 private:
  struct Flight {
    std::string client;
    std::vector<Done> waiting;
  };

  const std::size_t max_flights_;
  const std::size_t max_flights_of_client_;
  std::mutex mutex_;  // guards what follows
  std::map<Key, Flight> flights_;
  std::map<std::string, std::size_t> of_client_;  // never 0
};

}  // namespace console_policy::identity
