// SPDX-License-Identifier: Apache-2.0
#include "service/store/instance_table.h"

namespace console_policy::store {
namespace {

constexpr std::size_t first_slots = 1024;

std::uint64_t hex_of(std::string_view text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c == '-') continue;
    number = number << 4U | static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return number;
}

}  // namespace

InstanceTable::InstanceTable() : slots_(first_slots) {}

InstanceTable::Key InstanceTable::key_of(std::string_view uuid, std::uint32_t project) {
  constexpr std::size_t half = 18;  // "xxxxxxxx-xxxx-xxxx"
  return Key{hex_of(uuid.substr(0, half)), hex_of(uuid.substr(half)), project};
}

std::size_t InstanceTable::home_of(const Key& key) const {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = key.high ^ key.low;
  mixed = (mixed ^ mixed >> 32U) * odd;
  mixed = (mixed ^ mixed >> 29U) * odd;
  return static_cast<std::size_t>(mixed >> 32U) & (slots_.size() - 1);
}

void InstanceTable::fetch(const Key& key) const {
  __builtin_prefetch(&slots_[home_of(key)]);
}

const InstanceTable::Slot* InstanceTable::find(const Key& key) const {
  for (std::size_t place = home_of(key); is_taken(place); place = after(place)) {
    const Slot& slot = slots_[place];
    if (slot.high == key.high && slot.low == key.low && slot.project == key.project) return &slot;
  }
  return nullptr;
}

void InstanceTable::insert(const Key& key, std::uint32_t policy) {
  if (entries_ * 2 >= slots_.size() && slots_.size() < max_slots) grow();
  std::size_t place = home_of(key);
  while (is_taken(place)) place = after(place);
  slots_[place] = Slot{key.high, key.low, key.project, policy, generation_};
  ++entries_;
}

// Those behind it move up, each as far as its home, so that no search ends too early.
void InstanceTable::erase(const Slot* slot) {
  auto hole = static_cast<std::size_t>(slot - slots_.data());
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t place = after(hole); is_taken(place); place = after(place)) {
    const std::size_t home = home_of(slots_[place].key());
    if (((place - home) & mask) < ((place - hole) & mask)) continue;
    slots_[hole] = slots_[place];
    hole = place;
  }
  slots_[hole].generation = 0;
  --entries_;
}

const InstanceTable::Slot* InstanceTable::next() {
  do {
    hand_ = after(hand_);
  } while (!is_taken(hand_));
  return &slots_[hand_];
}

void InstanceTable::forget() {
  ++generation_;
  entries_ = 0;
}

void InstanceTable::grow() {
  Slots old(slots_.size() * 2);
  old.swap(slots_);
  entries_ = 0;
  for (const Slot& slot : old) {
    if (slot.generation == generation_) insert(slot.key(), slot.policy);
  }
}

}  // namespace console_policy::store
