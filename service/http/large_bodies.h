// SPDX-License-Identifier: Apache-2.0
// LargeBodies: how many bodies that are larger than others may be in memory at once.
//
// Contract: take() gives a place, or none when all are taken; a place is given back by its end.
// Threads:  safe from any thread. Lifetime: outlives its places.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>

namespace console_policy::http {

class LargeBodies final {
 private:
  struct GiveBack {
    void operator()(LargeBodies* from) const noexcept {
      const std::lock_guard lock{from->mutex_};
      ++from->free_;
    }
  };

 public:
  using Place = std::unique_ptr<LargeBodies, GiveBack>;  // null: none

  explicit LargeBodies(std::size_t max_at_once) : free_{max_at_once} {}

  Place take() {
    const std::lock_guard lock{mutex_};
    if (free_ == 0) return nullptr;
    --free_;
    return Place{this};
  }

 private:
  std::mutex mutex_;  // guards free_
  std::size_t free_;
};

}  // namespace console_policy::http
