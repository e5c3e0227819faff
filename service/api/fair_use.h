// SPDX-License-Identifier: Apache-2.0
// FairUse: how many requests one client may have in flight, so that one that floods the
// service does not take the workers' queue from others.
//
// Contract: counts what waits for a worker or runs on one; what is answered on the I/O threads at
//           once (a resolution) is never counted. A request counts for its client's address,
//           unless that is exempt, and for its token; of tokens only hashes are kept, and two that
//           collide would share a count. Nothing is kept of a client without requests in flight.
// Errors:   too_many_requests, saying which bound; the request is not counted then.
// Threads:  safe for concurrent use. Lifetime: outlives every Place that it has given.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "policies/result.h"
#include "service/api/options.h"

namespace console_policy::api {

class FairUse final {
 public:
  enum class Kind { read, write };

  // One request that is counted, until it is destroyed.
  class Place final {
   public:
    Place(FairUse& fair_use, std::array<std::string, 2> keys, Kind kind)
        : fair_use_(&fair_use), keys_(std::move(keys)), kind_(kind) {}
    Place(Place&& other) noexcept
        : fair_use_(other.fair_use_), keys_(std::move(other.keys_)), kind_(other.kind_) {
      other.fair_use_ = nullptr;
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (fair_use_ != nullptr) fair_use_->leave(keys_, kind_);
    }

   private:
    FairUse* fair_use_;
    std::array<std::string, 2> keys_;
    Kind kind_;
  };

  explicit FairUse(FairUseOptions options) : options_(std::move(options)) {}

  Result<Place> enter(std::string_view client_address, std::string_view token, Kind kind);

 private:
  struct Counts {
    std::size_t requests{0};
    std::size_t writes{0};
  };

  Status check(const std::string& key, const char* whose, Kind kind) const;
  void leave(const std::array<std::string, 2>& keys, Kind kind) noexcept;

  const FairUseOptions options_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Counts> counts_;  // under mutex_
};

}  // namespace console_policy::api
