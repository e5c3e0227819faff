// SPDX-License-Identifier: Apache-2.0
#include "service/platform/huge_pages.h"

#include <sys/mman.h>

#include <memory>

namespace console_policy::platform {
namespace {

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
}

void unmap(char* begin, const char* end) noexcept {
  // Fails only for what was never mapped.
  if (begin != end) munmap(begin, static_cast<std::size_t>(end - begin));
}

}  // namespace

void* map_huge_pages(std::size_t bytes) {
  // One page more than needed, of which what stands before and behind the whole ones goes back.
  const std::size_t length = whole_pages(bytes);
  std::size_t room = length + huge_page_bytes;
  void* const mapped =
      mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  char* const begin = static_cast<char*>(mapped);
  const char* const end = begin + room;
  void* memory = mapped;
  std::align(huge_page_bytes, length, memory, room);
  char* const first = static_cast<char*>(memory);
  unmap(begin, first);
  unmap(first + length, end);
  madvise(memory, length, MADV_HUGEPAGE);  // a system without them has its usual pages
  return memory;
}

void unmap_huge_pages(void* memory, std::size_t bytes) noexcept {
  char* const begin = static_cast<char*>(memory);
  unmap(begin, begin + whole_pages(bytes));
}

}  // namespace console_policy::platform
