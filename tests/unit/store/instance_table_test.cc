// SPDX-License-Identifier: Apache-2.0
#include "service/store/instance_table.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using console_policy::store::InstanceTable;

namespace {

// Close together, so that many share their homes' neighbourhood.
InstanceTable::Key key(std::uint64_t number) {
  return {number / 7, number % 7, static_cast<std::uint32_t>(number % 3 + 1)};
}

}  // namespace

TEST_CASE("The key of an instance is all 128 bits of its UUID, and its project") {
  const auto one = InstanceTable::key_of("01234567-89ab-4def-8123-456789abcdef", 5);
  CHECK(one.high == 0x0123456789ab4defU);
  CHECK(one.low == 0x8123456789abcdefU);
  CHECK(one.project == 5);
}

TEST_CASE("Over many inserts, erasures and looks the table says what a map does") {
  InstanceTable table;
  std::map<std::uint64_t, std::uint32_t> model;
  std::mt19937 random(7);  // the same each time
  for (int step = 0; step < 200000; ++step) {
    const std::uint64_t number = random() % 3000;
    const InstanceTable::Slot* slot = table.find(key(number));
    const auto known = model.find(number);
    REQUIRE((slot != nullptr) == (known != model.end()));
    if (slot == nullptr) {
      table.insert(key(number), static_cast<std::uint32_t>(step));
      model[number] = static_cast<std::uint32_t>(step);
    } else {
      REQUIRE(slot->policy == known->second);
      table.erase(slot);
      model.erase(known);
    }
    if (step % 50000 == 49999) {
      table.forget();
      model.clear();
    }
    REQUIRE(table.entries() == model.size());
  }
}

TEST_CASE("next() comes to each of those that are there") {
  InstanceTable table;
  for (std::uint64_t number = 0; number < 500; ++number) {
    table.insert(key(number), static_cast<std::uint32_t>(number) + 1);
  }
  while (table.entries() > 0) table.erase(table.next());
  for (std::uint64_t number = 0; number < 500; ++number) CHECK(table.find(key(number)) == nullptr);
}

TEST_CASE("A full table is one with all its slots but a quarter") {
  InstanceTable table;
  for (std::uint64_t number = 0; number < InstanceTable::max_entries; ++number) {
    table.insert({number * 0x9e3779b97f4a7c15U, number, 1}, 1);
  }
  CHECK(table.is_full());
  CHECK(table.bytes() == InstanceTable::max_slots * sizeof(InstanceTable::Slot));
  std::size_t found = 0;
  for (std::uint64_t number = 0; number < InstanceTable::max_entries; ++number) {
    if (table.find({number * 0x9e3779b97f4a7c15U, number, 1}) != nullptr) ++found;
  }
  CHECK(found == InstanceTable::max_entries);
}
