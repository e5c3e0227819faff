// SPDX-License-Identifier: Apache-2.0
// HugePages: an allocator for a table of many megabytes that is looked up at random places.
//
// Contract: what takes at least huge_page_bytes stands in whole huge pages of its own, where the
//           system gives them on request (madvise; else in pages as usual): a lookup then rarely
//           waits for the address of its page, which with pages of 4 KiB nearly each does. Less
//           than that comes from operator new.
// Errors:   std::bad_alloc, as any allocator.
// Threads:  any.
// Source:   Linux, admin-guide/mm/transhuge.
#pragma once

#include <cstddef>
#include <new>

namespace console_policy::platform {

constexpr std::size_t huge_page_bytes = 2UL << 20U;

// At least so many bytes, on whole huge pages.
void* allocate_huge_pages(std::size_t bytes);
void free_huge_pages(void* memory) noexcept;

template <class T>
class HugePages {
 public:
  using value_type = T;

  HugePages() = default;
  template <class Other>
  explicit HugePages(const HugePages<Other>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    void* memory = bytes < huge_page_bytes ? ::operator new(bytes) : allocate_huge_pages(bytes);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    if (count * sizeof(T) < huge_page_bytes) return ::operator delete(memory);
    free_huge_pages(memory);
  }

  friend bool operator==(const HugePages&, const HugePages&) { return true; }
  friend bool operator!=(const HugePages&, const HugePages&) { return false; }
};

}  // namespace console_policy::platform
