// SPDX-License-Identifier: Apache-2.0
#include "service/platform/huge_pages.h"

#include <sys/mman.h>

namespace console_policy::platform {
namespace {

constexpr std::align_val_t alignment{huge_page_bytes};

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
}

}  // namespace

void* allocate_huge_pages(std::size_t bytes) {
  const std::size_t length = whole_pages(bytes);
  void* const memory = ::operator new(length, alignment);
  madvise(memory, length, MADV_HUGEPAGE);  // a system without them has its usual pages
  return memory;
}

void free_huge_pages(void* memory) noexcept {
  ::operator delete(memory, alignment);
}

}  // namespace console_policy::platform
