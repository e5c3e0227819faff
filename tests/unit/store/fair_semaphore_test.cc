// SPDX-License-Identifier: Apache-2.0
#include "service/store/fair_semaphore.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using console_policy::store::Deadline;
using console_policy::store::FairSemaphore;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

Deadline in(milliseconds time) {
  return steady_clock::now() + time;
}

constexpr milliseconds plenty{20000};

}  // namespace

TEST_CASE("A semaphore gives as many permits as it has, and more when one comes back") {
  FairSemaphore semaphore(2);
  std::optional<FairSemaphore::Permit> first = semaphore.acquire(in(plenty));
  const std::optional<FairSemaphore::Permit> second = semaphore.acquire(in(plenty));
  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(semaphore.acquire(in(milliseconds{20})));
  first.reset();
  CHECK(semaphore.acquire(in(milliseconds{0})));
}

TEST_CASE("Who gives up at the deadline has waited that long and leaves no trace in the queue") {
  FairSemaphore semaphore(1);
  std::optional<FairSemaphore::Permit> held = semaphore.acquire(in(plenty));
  const auto start = steady_clock::now();
  CHECK_FALSE(semaphore.acquire(in(milliseconds{50})));
  CHECK(steady_clock::now() - start >= milliseconds{50});
  held.reset();
  CHECK(semaphore.acquire(in(milliseconds{0})));
}

TEST_CASE("Permits are handed out in the order in which threads asked") {
  FairSemaphore semaphore(1);
  std::optional<FairSemaphore::Permit> held = semaphore.acquire(in(plenty));
  std::vector<int> order;  // guarded by the permit
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 6; ++i) {
    threads.emplace_back([&semaphore, &order, i] {
      const std::optional<FairSemaphore::Permit> permit = semaphore.acquire(in(plenty));
      if (permit) order.push_back(static_cast<int>(i));
    });
    // Each stands in the queue before the next one starts, however busy the machine is.
    const auto deadline = in(plenty);
    while (semaphore.waiting() <= i && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds{1});
    }
  }
  held.reset();
  for (std::thread& thread : threads) thread.join();
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("Threads that give up and threads that wait on never lose a permit between them") {
  FairSemaphore semaphore(1);
  int inside = 0;  // guarded by the permit
  int entered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 500; ++round) {
        // Half of the threads come with hardly any patience.
        const auto patience = i % 2 == 0 ? std::chrono::microseconds{20} : plenty;
        const std::optional<FairSemaphore::Permit> permit =
            semaphore.acquire(steady_clock::now() + patience);
        if (!permit) continue;
        entered += ++inside == 1 ? 1 : 1000000;
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(entered >= 1000);
  CHECK(entered <= 2000);
  CHECK(semaphore.acquire(in(milliseconds{0})));
}
