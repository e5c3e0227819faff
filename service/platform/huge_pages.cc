// SPDX-License-Identifier: Apache-2.0
#include "service/platform/huge_pages.h"

#include <sys/mman.h>

#include <cstdint>

namespace console_policy::platform {
namespace {

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
}

void unmap(std::uintptr_t begin, std::uintptr_t end) noexcept {
  // Fails only for what was never mapped.
  if (begin < end) munmap(reinterpret_cast<void*>(begin), end - begin);
}

}  // namespace

void* map_huge_pages(std::size_t bytes) {
  // One page more than needed, of which what stands before and behind the whole ones goes back.
  const std::size_t length = whole_pages(bytes);
  void* const mapped = mmap(nullptr, length + huge_page_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  const auto begin = reinterpret_cast<std::uintptr_t>(mapped);
  const std::uintptr_t first = whole_pages(begin);
  unmap(begin, first);
  unmap(first + length, begin + length + huge_page_bytes);
  void* const memory = reinterpret_cast<void*>(first);
  madvise(memory, length, MADV_HUGEPAGE);  // a system without them has its usual pages
  return memory;
}

void unmap_huge_pages(void* memory, std::size_t bytes) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  unmap(begin, begin + whole_pages(bytes));
}

}  // namespace console_policy::platform
