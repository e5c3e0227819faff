// SPDX-License-Identifier: Apache-2.0
// Counter: a number that only grows, counted by many threads at once.
//
// Contract: nothing that was added is lost; value() sees every add() that happened before it.
// Threads:  safe for concurrent use, without a lock. Each thread counts on one of a few cache
//           lines, so that the threads which serve requests do not take one from another.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace console_policy::metrics {

class Counter final {
 public:
  void add(std::uint64_t count = 1) noexcept {
    lines_[line_of_thread()].value.fetch_add(count, std::memory_order_relaxed);
  }

  std::uint64_t value() const noexcept {
    std::uint64_t sum = 0;
    for (const Line& line : lines_) sum += line.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  static constexpr std::size_t line_count = 4;
  static constexpr std::size_t cache_line_bytes = 64;

  struct alignas(cache_line_bytes) Line {
    std::atomic<std::uint64_t> value{0};
  };

  static std::size_t line_of_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t line =
        threads.fetch_add(1, std::memory_order_relaxed) % line_count;
    return line;
  }

  std::array<Line, line_count> lines_;
};

}  // namespace console_policy::metrics
