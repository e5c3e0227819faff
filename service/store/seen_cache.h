// SPDX-License-Identifier: Apache-2.0
// SeenCache: what the store last said was seen of instances, good until another process commits.
// PolicyCache does the same for policies.
//
// Contract: find() gives what the database says while the header of the WAL-index is the one asked
//           for, and nothing else.
// Bounds:   max_instances, and max_bytes by a count that includes what the containers take; beyond
//           either all is forgotten.
// Threads:  safe for concurrent use; one mutex, held for one look. Writes of this process come one
//           at a time.
// Lifetime: the WalIndex must outlive it.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policies/availability.h"
#include "service/store/moment.h"
#include "service/store/written.h"

namespace console_policy::store {

class SeenCache final {
 public:
  static constexpr std::size_t max_instances = 1UL << 15U;
  static constexpr std::size_t max_bytes = 16UL << 20U;

  explicit SeenCache(const WalIndex& index) : moment_(index) {}

  std::optional<std::vector<SeenType>> find(const std::string& project_id,
                                            const std::string& instance_id,
                                            const WalIndex::Header& header) {
    const std::string key = key_of(project_id, instance_id);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!moment_.is(header)) return std::nullopt;
    const auto at = seen_.find(key);
    if (at == seen_.end()) return std::nullopt;
    return at->second;
  }

  // Kept when the header was `before` while it was read, and still is.
  void put(const std::string& project_id, const std::string& instance_id,
           const std::vector<SeenType>& seen, const WalIndex::Header& before) {
    std::string key = key_of(project_id, instance_id);
    const std::size_t bytes = bytes_of(key, seen);
    const std::lock_guard<std::mutex> lock(mutex_);
    const Moment::Admission admission = moment_.admit(before);
    if (admission == Moment::Admission::refused) return;
    const bool full = seen_.size() >= max_instances || bytes_ + bytes > max_bytes;
    if (full || admission == Moment::Admission::after_others) forget();
    if (seen_.emplace(std::move(key), seen).second) bytes_ += bytes;
  }

  // As PolicyCache's.
  void begin_write() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!moment_.begin_write()) forget();
  }
  void carry(const WrittenSeen& written, const WalIndex::Header& after) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!moment_.may_carry()) return;
    const auto at = seen_.find(key_of(written.project_id, written.instance_id));
    if (written.others) {
      forget();
    } else if (at != seen_.end()) {
      bytes_ -= bytes_of(at->first, at->second);
      seen_.erase(at);
    }
    moment_.carry(after);
  }
  void end_write() {
    const std::lock_guard<std::mutex> lock(mutex_);
    moment_.end_write();
  }

 private:
  // Ids have no slash.
  static std::string key_of(const std::string& project_id, const std::string& instance_id) {
    return project_id + "/" + instance_id;
  }

  static std::size_t bytes_of(const std::string& key, const std::vector<SeenType>& seen) {
    constexpr std::size_t around = 96;  // a node of the map and its bucket
    std::size_t bytes = around + key.size() + seen.size() * sizeof(SeenType);
    for (const SeenType& type : seen) bytes += type.fingerprint.host_id.size();
    return bytes;
  }

  void forget() {
    seen_.clear();
    bytes_ = 0;
  }

  std::mutex mutex_;  // guards all below
  Moment moment_;
  std::unordered_map<std::string, std::vector<SeenType>> seen_;
  std::size_t bytes_{0};
};

}  // namespace console_policy::store
