// SPDX-License-Identifier: Apache-2.0
#include "service/platform/worker_pool.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace console_policy::platform;

TEST_CASE("Everything that was accepted is run, also when the pool ends") {
  std::atomic<int> done{0};
  {
    WorkerPool pool(2, 1000);
    for (int i = 0; i < 500; ++i) CHECK(pool.post([&] { ++done; }));
  }
  CHECK(done == 500);
}

TEST_CASE("More than may wait is refused at once, and taken again later") {
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::promise<void> started;
  std::atomic<int> done{0};
  WorkerPool pool(1, 2);
  REQUIRE(pool.post([&] {
    started.set_value();
    open.wait();
  }));
  started.get_future().wait();
  CHECK(pool.post([&] { ++done; }));
  CHECK(pool.post([&] { ++done; }));
  CHECK_FALSE(pool.post([&] { ++done; }));
  gate.set_value();
  pool.finish();
  CHECK(done == 2);
  CHECK_FALSE(pool.post([&] { ++done; }));
}
