// SPDX-License-Identifier: Apache-2.0
// PolicyBodies: the policies that a cache refers to, equal bodies parsed and kept once.
//
// Contract: each is known by a number for as long as somebody holds it, and goes with the last one
//           who does. After forget_holders() nobody holds anything; what nobody holds again goes
//           bit by bit, as new ones come.
// Bounds:   max_bytes of memory, by a count that includes what the library's containers take.
// Threads:  guarded by the lock of its cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policies/policy.h"

namespace console_policy::store {

class PolicyBodies final {
 public:
  static constexpr std::size_t max_bytes = 64UL << 20U;

  using PolicyPtr = std::shared_ptr<const Policy>;
  using Number = std::uint32_t;  // from 1; 0: none

  // Null when it is not known.
  PolicyPtr find(const std::string& body) const;

  // One holder more; `policy` is what the body says. 0: there is no room.
  Number hold(const std::string& body, const PolicyPtr& policy);
  void release(Number number);
  void forget_holders();

  const PolicyPtr& policy(Number number) const { return entries_[number - 1].policy; }

  std::size_t size() const { return numbers_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string body;
    PolicyPtr policy;  // null: the place is free
    std::size_t holders{0};
    std::uint64_t generation{0};  // that holders is of
  };

  static std::size_t bytes_of(const std::string& body, const Policy& policy);
  Number add(const std::string& body, const PolicyPtr& policy);
  void sweep(std::size_t steps);
  void drop(Number number);

  std::uint64_t generation_{1};
  std::deque<Entry> entries_;
  std::vector<Number> free_;
  std::unordered_map<std::string_view, Number> numbers_;  // the keys are the entries' bodies
  std::size_t bytes_{0};
  std::size_t hand_{0};
};

}  // namespace console_policy::store
