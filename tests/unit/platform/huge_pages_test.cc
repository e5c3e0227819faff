// SPDX-License-Identifier: Apache-2.0
#include "service/platform/huge_pages.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace console_policy::platform;

namespace {

// What the kernel says of the mapping that holds `memory`: "hg" among its flags, if it was asked.
bool is_asked_for(const void* memory) {
  const auto place = reinterpret_cast<std::uintptr_t>(memory);
  std::ifstream mappings("/proc/self/smaps");
  bool here = false;
  for (std::string line; std::getline(mappings, line);) {
    std::istringstream words(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    if (words >> std::hex >> begin >> dash >> end && dash == '-') {
      here = place >= begin && place < end;
    } else if (here && line.rfind("VmFlags:", 0) == 0) {
      return line.find(" hg") != std::string::npos;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("Huge pages begin where one begins, are asked for, and can be written to the end") {
  for (const std::size_t bytes : {huge_page_bytes, huge_page_bytes * 3 + 1}) {
    auto* const memory = static_cast<char*>(allocate_huge_pages(bytes));
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % huge_page_bytes == 0);
    std::fill(memory, memory + bytes, 'x');
    const bool has_huge_pages = std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled").good();
    CHECK((is_asked_for(memory) && is_asked_for(memory + bytes - 1)) == has_huge_pages);
    free_huge_pages(memory);
  }
}

TEST_CASE("A vector that grows from the heap into huge pages keeps what is in it") {
  std::vector<std::uint32_t, HugePages<std::uint32_t>> numbers;
  const auto many = static_cast<std::uint32_t>(huge_page_bytes / 2);
  for (std::uint32_t i = 0; i < many; ++i) numbers.push_back(i);
  for (std::uint32_t i = 0; i < many; i += 997) REQUIRE(numbers[i] == i);
  CHECK(reinterpret_cast<std::uintptr_t>(numbers.data()) % huge_page_bytes == 0);
}
