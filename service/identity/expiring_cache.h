// SPDX-License-Identifier: Apache-2.0
// ExpiringCache: remembers what was found out, for a time, and not too much of it.
//
// Contract: find() gives nothing that is not good at `now`: from the time it was put until
//           `good_until`, that time itself not included. So a clock that is set back makes a miss,
//           not a longer life. At the bound the oldest is evicted that was not looked up since it
//           was last the oldest: each that was asked for gets one more round.
// Errors:   none; a miss is nullopt.
// Threads:  safe for concurrent use. Those who find do not keep each other waiting, not even while
//           the system has put one of them aside; those who put hold up all, for O(log entries),
//           and at the bound for the rounds that it gives.
#pragma once

#include <atomic>
#include <cstddef>
#include <iterator>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

#include "policies/policy.h"

namespace console_policy::identity {

template <class Key, class Value>
class ExpiringCache final {
 public:
  explicit ExpiringCache(std::size_t max_entries) : max_entries_(max_entries) {}

  std::optional<Value> find(const Key& key, Timestamp now) const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return std::nullopt;
    const Entry& entry = *at->second;
    if (now < entry.put_at || entry.good_until <= now) return std::nullopt;
    if (!entry.asked.load(relaxed)) entry.asked.store(true, relaxed);
    return entry.value;
  }

  void put(const Key& key, Value value, Timestamp now, Timestamp good_until) {
    const std::lock_guard<std::shared_mutex> lock(mutex_);
    const auto at = index_.find(key);
    if (at != index_.end()) {
      entries_.erase(at->second);
      index_.erase(at);
    }
    if (good_until <= now || max_entries_ == 0) return;
    if (entries_.size() >= max_entries_) remove_one();
    entries_.emplace_front(key, std::move(value), now, good_until);
    index_.emplace(key, entries_.begin());
  }

  std::size_t size() const {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    return entries_.size();
  }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;

  struct Entry {
    Entry(const Key& its_key, Value its_value, Timestamp now, Timestamp until)
        : key(its_key), value(std::move(its_value)), put_at(now), good_until(until) {}

    Key key;
    Value value;
    Timestamp put_at;
    Timestamp good_until;
    mutable std::atomic<bool> asked{false};  // since it was put, or was the oldest
  };

  void remove_one() {
    while (entries_.back().asked.exchange(false, relaxed)) {
      entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
    }
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }

  const std::size_t max_entries_;
  mutable std::shared_mutex mutex_;  // guards both below
  std::list<Entry> entries_;         // the oldest is at the end
  std::map<Key, typename std::list<Entry>::iterator> index_;
};

}  // namespace console_policy::identity
