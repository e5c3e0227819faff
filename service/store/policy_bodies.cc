// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_bodies.h"

namespace console_policy::store {
namespace {

// More than one, so that what nobody holds any more goes faster than new ones come.
constexpr std::size_t swept_for_a_new_one = 4;
constexpr std::size_t swept_for_room = 64;

// What the allocator and the containers take for one: a node of the map, the shared policy's count.
constexpr std::size_t bytes_around = 128;

}  // namespace

PolicyBodies::PolicyPtr PolicyBodies::find(const std::string& body) const {
  const auto at = numbers_.find(body);
  return at == numbers_.end() ? nullptr : policy(at->second);
}

PolicyBodies::Number PolicyBodies::hold(const std::string& body, const PolicyPtr& policy) {
  const auto known = numbers_.find(body);
  const Number number = known != numbers_.end() ? known->second : add(body, policy);
  if (number == 0) return 0;
  Entry& entry = entries_[number - 1];
  if (entry.generation != generation_) entry.holders = 0;
  entry.generation = generation_;
  ++entry.holders;
  return number;
}

void PolicyBodies::release(Number number) {
  if (number != 0 && --entries_[number - 1].holders == 0) drop(number);
}

void PolicyBodies::forget_holders() {
  ++generation_;
}

std::size_t PolicyBodies::bytes_of(const std::string& body, const Policy& policy) {
  const std::size_t reason = policy.reason ? policy.reason->capacity() : 0;
  return sizeof(Entry) + sizeof(Policy) + bytes_around + body.size() + reason +
         policy.prefer.capacity() * sizeof(ConsoleType);
}

PolicyBodies::Number PolicyBodies::add(const std::string& body, const PolicyPtr& policy) {
  const std::size_t bytes = bytes_of(body, *policy);
  sweep(swept_for_a_new_one);
  if (bytes_ + bytes > max_bytes) sweep(swept_for_room);
  if (bytes_ + bytes > max_bytes) return 0;
  if (free_.empty()) {
    entries_.emplace_back();
    free_.push_back(static_cast<Number>(entries_.size()));
  }
  const Number number = free_.back();
  free_.pop_back();
  Entry& entry = entries_[number - 1];
  entry.body = body;
  entry.policy = policy;
  numbers_.emplace(entry.body, number);
  bytes_ += bytes;
  return number;
}

void PolicyBodies::sweep(std::size_t steps) {
  for (std::size_t i = 0; i < steps && !entries_.empty(); ++i) {
    hand_ = (hand_ + 1) % entries_.size();
    const Entry& entry = entries_[hand_];
    if (entry.policy != nullptr && entry.generation != generation_) {
      drop(static_cast<Number>(hand_ + 1));
    }
  }
}

void PolicyBodies::drop(Number number) {
  Entry& entry = entries_[number - 1];
  bytes_ -= bytes_of(entry.body, *entry.policy);
  numbers_.erase(entry.body);
  std::string().swap(entry.body);  // an assignment would keep its memory
  entry.policy = nullptr;
  entry.holders = 0;
  free_.push_back(number);
}

}  // namespace console_policy::store
