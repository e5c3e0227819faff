// SPDX-License-Identifier: Apache-2.0
#include "service/platform/huge_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <vector>

using namespace console_policy::platform;

namespace {

bool is_mapped(void* memory) {
  unsigned char resident = 0;
  return mincore(memory, 1, &resident) == 0;
}

}  // namespace

TEST_CASE("Huge pages begin where one begins, are zero, and are gone when they are freed") {
  for (const std::size_t bytes : {huge_page_bytes, huge_page_bytes * 3 + 1}) {
    auto* const memory = static_cast<char*>(map_huge_pages(bytes));
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % huge_page_bytes == 0);
    CHECK(std::all_of(memory, memory + bytes, [](char byte) { return byte == 0; }));
    std::fill(memory, memory + bytes, 'x');
    unmap_huge_pages(memory, bytes);
    CHECK_FALSE(is_mapped(memory));
    CHECK_FALSE(is_mapped(memory + huge_page_bytes * ((bytes - 1) / huge_page_bytes)));
  }
}

TEST_CASE("A vector that grows from the heap into huge pages keeps what is in it") {
  std::vector<std::uint32_t, HugePages<std::uint32_t>> numbers;
  const auto many = static_cast<std::uint32_t>(huge_page_bytes / 2);
  for (std::uint32_t i = 0; i < many; ++i) numbers.push_back(i);
  for (std::uint32_t i = 0; i < many; i += 997) REQUIRE(numbers[i] == i);
  CHECK(reinterpret_cast<std::uintptr_t>(numbers.data()) % huge_page_bytes == 0);
}

TEST_CASE("Memory that is not to be had is std::bad_alloc") {
  CHECK_THROWS_AS(map_huge_pages(std::numeric_limits<std::size_t>::max() / 4), std::bad_alloc);
}
