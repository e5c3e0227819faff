// SPDX-License-Identifier: Apache-2.0
#include "service/http/io_threads.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

using console_policy::http::IoThreads;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr int crowd = 1000;

bool reaches(const std::atomic<int>& count, int wanted) {
  const auto until = steady_clock::now() + seconds(20);
  while (count != wanted && steady_clock::now() < until) std::this_thread::yield();
  return count == wanted;
}

void ignore(const std::exception&) {}

}  // namespace

TEST_CASE("All that comes is run once, in crowds and alone, whether answers are owed or not") {
  std::atomic<int> ran{0};
  IoThreads threads(2);
  threads.start(ignore);
  int expected = 0;
  for (const bool owes : {false, true, false}) {
    const IoThreads::Owed owed = owes ? threads.owe() : nullptr;
    for (int i = 0; i < crowd; ++i) boost::asio::post(threads.context(), [&ran] { ++ran; });
    REQUIRE(reaches(ran, expected += crowd));
    boost::asio::post(threads.context(), [&ran] { ++ran; });  // to threads that sleep
    REQUIRE(reaches(ran, ++expected));
  }
  threads.stop();
  CHECK(ran == expected);
}

TEST_CASE("While answers are owed, what needs two threads at once still gets both") {
  constexpr int rounds = 50;
  std::atomic<int> met{0};
  std::atomic<int> left{0};
  IoThreads threads(2);
  const IoThreads::Owed owed = threads.owe();
  threads.start(ignore);
  for (int both = 2; both <= 2 * rounds; both += 2) {
    std::this_thread::sleep_for(milliseconds(3));  // by then one may stand aside
    const auto meet = [&, both] {
      ++met;
      if (reaches(met, both)) ++left;
    };
    boost::asio::post(threads.context(), meet);
    boost::asio::post(threads.context(), meet);
    REQUIRE(reaches(left, both));
  }
}

TEST_CASE("What a handler lets through is told, and costs neither a thread nor the others") {
  std::atomic<int> ran{0};
  std::atomic<int> told{0};
  IoThreads threads(1);
  threads.start([&told](const std::exception& fault) {
    if (std::string(fault.what()) == "a fault") ++told;
  });
  for (int i = 0; i < crowd; ++i) {
    boost::asio::post(threads.context(), [] { throw std::runtime_error("a fault"); });
    boost::asio::post(threads.context(), [&ran] { ++ran; });
  }
  CHECK(reaches(ran, crowd));
  CHECK(reaches(told, crowd));
}

TEST_CASE("The end does not wait for what is queued, nor for an answer that is owed") {
  std::atomic<int> ran{0};
  IoThreads threads(1);
  const IoThreads::Owed owed = threads.owe();
  threads.start(ignore);
  boost::asio::post(threads.context(), [&] {
    for (int i = 0; i < crowd; ++i) boost::asio::post(threads.context(), [&ran] { ++ran; });
    threads.context().stop();
  });
  threads.stop();
  CHECK(ran == 0);
}
