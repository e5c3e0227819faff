// SPDX-License-Identifier: Apache-2.0
// SeenCache: what the store last said was seen of instances, good for as long as nobody has
// committed. PolicyCache does the same for policies.
//
// Contract: find() gives what put() was given under the same header of the WAL-index, and nothing
//           else.
// Bounds:   max_instances; beyond it all is forgotten.
// Threads:  safe for concurrent use; one mutex, held for one look.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policies/availability.h"
#include "service/store/wal_index.h"

namespace console_policy::store {

class SeenCache final {
 public:
  static constexpr std::size_t max_instances = 1UL << 15U;

  std::optional<std::vector<SeenType>> find(const std::string& project_id,
                                            const std::string& instance_id,
                                            const WalIndex::Header& header) {
    const std::string key = key_of(project_id, instance_id);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (header != header_) return std::nullopt;
    const auto at = seen_.find(key);
    if (at == seen_.end()) return std::nullopt;
    return at->second;
  }

  void put(const std::string& project_id, const std::string& instance_id,
           std::vector<SeenType> seen, const WalIndex::Header& header) {
    std::string key = key_of(project_id, instance_id);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (header != header_ || seen_.size() >= max_instances) seen_.clear();
    header_ = header;
    seen_[std::move(key)] = std::move(seen);
  }

 private:
  // Ids have no slash.
  static std::string key_of(const std::string& project_id, const std::string& instance_id) {
    return project_id + "/" + instance_id;
  }

  std::mutex mutex_;  // guards both below
  WalIndex::Header header_{};
  std::unordered_map<std::string, std::vector<SeenType>> seen_;
};

}  // namespace console_policy::store
