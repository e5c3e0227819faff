// SPDX-License-Identifier: Apache-2.0
#include "service/platform/worker_pool.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

using namespace console_policy::platform;

TEST_CASE("The destructor runs every accepted task") {
  std::atomic<int> done{0};
  {
    WorkerPool pool(2, 1000);
    for (int i = 0; i < 500; ++i) CHECK(pool.post([&] { ++done; }));
  }
  CHECK(done == 500);
}

TEST_CASE("A full queue refuses tasks; so does a finished pool") {
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
  CHECK(pool.waiting() == 2);
  CHECK_FALSE(pool.post([&] { ++done; }));
  gate.set_value();
  pool.finish();
  CHECK(done == 2);
  CHECK_FALSE(pool.post([&] { ++done; }));
}
