// SPDX-License-Identifier: Apache-2.0
// ExpiringCache: remembers what was found out, for a time, and not too much of it.
//
// Contract: find() gives nothing that is not good at `now`: from the time it was put until
//           `good_until`, that time itself not included. So a clock that is set back makes a miss,
//           not a longer life. At the bound, what was not asked for the longest goes.
// Errors:   none; a miss is nullopt.
// Threads:  safe for concurrent use; one mutex, held for O(log entries).
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "policies/policy.h"

namespace console_policy::identity {

template <class Key, class Value>
class ExpiringCache final {
 public:
  explicit ExpiringCache(std::size_t max_entries) : max_entries_(max_entries) {}

  std::optional<Value> find(const Key& key, Timestamp now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = index_.find(key);
    if (at == index_.end()) return std::nullopt;
    const auto entry = at->second;
    if (now < entry->put_at || entry->good_until <= now) {
      index_.erase(at);
      entries_.erase(entry);
      return std::nullopt;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->value;
  }

  void put(const Key& key, Value value, Timestamp now, Timestamp good_until) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto at = index_.find(key);
    if (at != index_.end()) {
      entries_.erase(at->second);
      index_.erase(at);
    }
    if (good_until <= now || max_entries_ == 0) return;
    if (entries_.size() >= max_entries_) {
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
    entries_.push_front(Entry{key, std::move(value), now, good_until});
    index_.emplace(key, entries_.begin());
  }

  std::size_t size() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    Key key;
    Value value;
    Timestamp put_at;
    Timestamp good_until;
  };

  const std::size_t max_entries_;
  mutable std::mutex mutex_;  // guards both below
  std::list<Entry> entries_;  // the one asked for last is in front
  std::map<Key, typename std::list<Entry>::iterator> index_;
};

}  // namespace console_policy::identity
