// SPDX-License-Identifier: Apache-2.0
// InstanceTable: which policy an instance has, as numbers: 32 bytes for each.
//
// Contract: a hash table with open addressing. Where a search begins is told by the UUID alone, so
//           that the memory can be on its way before the project's number is known; UUIDs are
//           unique to a cloud, and one that is given in many projects makes a run as long as they
//           are many. forget() is one step, whatever is in it.
// Bounds:   max_slots slots, doubled as they are needed, of which max_entries are taken at most.
// Threads:  guarded by the lock of its cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "service/platform/huge_pages.h"

namespace console_policy::store {

class InstanceTable final {
 public:
  static constexpr std::size_t max_slots = 1UL << 21U;
  static constexpr std::size_t max_entries = max_slots / 4 * 3;

  struct Key {
    std::uint64_t high{0};  // the UUID
    std::uint64_t low{0};
    std::uint32_t project{0};
  };
  struct Slot {
    Key key() const { return {high, low, project}; }

    std::uint64_t high{0};
    std::uint64_t low{0};
    std::uint32_t project{0};
    std::uint32_t policy{0};  // 0: none
    std::uint64_t generation{0};
  };
  static_assert(sizeof(Slot) == 32, "max_slots counts on it");

  InstanceTable();

  // `uuid` in its canonical form, lower case; `project` 0: not known yet, enough to fetch().
  static Key key_of(std::string_view uuid, std::uint32_t project = 0);

  // Has the processor fetch where find() will begin: with a million instances the memory takes
  // longer than all else of it.
  void fetch(const Key& key) const;
  // Null when it is not there. Good until the next insert() or erase().
  const Slot* find(const Key& key) const;

  bool is_full() const { return entries_ >= max_entries; }
  // The key must not be there, and the table not be full.
  void insert(const Key& key, std::uint32_t policy);
  void erase(const Slot* slot);
  // One that is there, another one each time; the table must not be empty.
  const Slot* next();
  void forget();

  std::size_t entries() const { return entries_; }
  std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  bool is_taken(std::size_t place) const { return slots_[place].generation == generation_; }
  std::size_t home_of(const Key& key) const;
  std::size_t after(std::size_t place) const { return (place + 1) & (slots_.size() - 1); }
  void grow();

  using Slots = std::vector<Slot, platform::HugePages<Slot>>;
  Slots slots_;                  // a power of two
  std::uint64_t generation_{1};  // a slot of another one is free
  std::size_t entries_{0};
  std::size_t hand_{0};
};

}  // namespace console_policy::store
