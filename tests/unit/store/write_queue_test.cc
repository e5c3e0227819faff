// SPDX-License-Identifier: Apache-2.0
#include "service/store/write_queue.h"

#include <sys/prctl.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <future>

#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using std::chrono::hours;
using std::chrono::steady_clock;

namespace {

const Error late{ErrorCode::unavailable, "late", {}};

// Groups as they came, each held up until it is let go.
struct Lead {
  std::promise<void> go;
  std::shared_future<void> gone{go.get_future()};
  std::promise<void> come;
  std::atomic<int> groups{0};
  std::vector<std::size_t> sizes;

  void operator()(const WriteGroup& group) {
    if (groups++ == 0) come.set_value();
    gone.wait();
    sizes.push_back(group.size());
    for (const auto& write : group) write->result = Success{};
  }
};

std::shared_ptr<Write> write_of(std::function<void(Status)> done, long long changes = 1,
                                Deadline deadline = steady_clock::now() + hours(1)) {
  return std::make_shared<Write>(Write{author(), changes, {}, std::move(done), deadline});
}

const auto nothing = [](const Status&) {};

}  // namespace

TEST_CASE("Writes that wait go together, in their order, within the bounds of a group") {
  Lead lead;
  std::vector<int> order;
  {
    WriteQueue queue([&](const WriteGroup& group) { lead(group); }, late);
    REQUIRE(queue.add(write_of(nothing)));
    lead.come.get_future().wait();
    for (int i = 0; i < 100; ++i) {
      REQUIRE(queue.add(write_of([&order, i](const Status&) { order.push_back(i); })));
    }
    REQUIRE(queue.add(write_of(nothing, 600)));
    REQUIRE(queue.add(write_of(nothing, 600)));
    CHECK(queue.waiting() == 102);
    lead.go.set_value();
  }
  CHECK(lead.sizes == std::vector<std::size_t>{1, 64, 37, 1});
  for (int i = 0; i < 100; ++i) CHECK(order.at(static_cast<std::size_t>(i)) == i);
}

TEST_CASE("Beyond the bound a write is not taken") {
  Lead lead;
  WriteQueue queue([&](const WriteGroup& group) { lead(group); }, late);
  REQUIRE(queue.add(write_of(nothing)));
  lead.come.get_future().wait();
  for (std::size_t i = 0; i < WriteQueue::max_waiting; ++i) REQUIRE(queue.add(write_of(nothing)));
  std::atomic<bool> done{false};
  CHECK_FALSE(queue.add(write_of([&](const Status&) { done = true; })));
  CHECK(queue.waiting() == WriteQueue::max_waiting);
  CHECK_FALSE(done);
  lead.go.set_value();
}

TEST_CASE("What waits beyond its deadline is told so while the one before it hangs") {
  Lead lead;
  WriteQueue queue([&](const WriteGroup& group) { lead(group); }, late);
  REQUIRE(queue.add(write_of(nothing)));
  lead.come.get_future().wait();
  REQUIRE(queue.add(write_of(nothing)));
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(20);
  std::promise<std::string> first;
  std::promise<std::string> second;
  REQUIRE(queue.add(write_of([&](const Status& status) { first.set_value(status.error().message); },
                             1, deadline)));
  CHECK(first.get_future().get() == "late");
  CHECK(steady_clock::now() >= deadline);
  CHECK(queue.waiting() == 1);
  // One of long ago is told at once, and again nobody else came.
  REQUIRE(queue.add(write_of(
      [&](const Status& status) { second.set_value(status.error().message); }, 1, deadline)));
  CHECK(second.get_future().get() == "late");
  CHECK(queue.waiting() == 1);
  lead.go.set_value();
}

TEST_CASE("The queue's thread sleeps no longer than it asks for") {
  std::promise<int> slack;
  WriteQueue queue(
      [&](const WriteGroup& group) {
        slack.set_value(::prctl(PR_GET_TIMERSLACK));
        for (const auto& write : group) write->result = Success{};
      },
      late);
  REQUIRE(queue.add(write_of(nothing)));
  CHECK(slack.get_future().get() == 1);
}

TEST_CASE("A write whose end cannot be told takes nobody with it") {
  std::promise<void> told;
  WriteQueue queue(
      [](const WriteGroup& group) {
        for (const auto& write : group) write->result = Success{};
      },
      late);
  REQUIRE(queue.add(write_of([](const Status&) { throw std::bad_alloc(); })));
  REQUIRE(queue.add(write_of([&](const Status&) { told.set_value(); })));
  told.get_future().get();
}

TEST_CASE("Without waiting a write is as with it, and its result comes later") {
  const TemporaryStore store;
  std::promise<Result<StoredPolicy>> stored;
  store->async_put(project("p"), says("x"), author(), allow,
                   [&](Result<StoredPolicy> result) { stored.set_value(std::move(result)); });
  const Result<StoredPolicy> result = stored.get_future().get();
  REQUIRE(result.ok());
  CHECK(result.value().revision == 1);
  CHECK(find(*store, project("p"))->policy.reason == "x");

  std::promise<Status> removed;
  store->async_remove(project("p"), author(), allow,
                      [&](Status status) { removed.set_value(std::move(status)); });
  CHECK(removed.get_future().get().ok());
  std::promise<Status> again;
  store->async_remove(project("p"), author(), allow,
                      [&](Status status) { again.set_value(std::move(status)); });
  CHECK(again.get_future().get().error().code == ErrorCode::not_found);
  CHECK(revision_of(*store) == 2);
}

TEST_CASE("A store that goes deals with all writes first") {
  std::atomic<int> stored{0};
  {
    const TemporaryStore store;
    for (int i = 0; i < 200; ++i) {
      store->async_put(instance("p", i), says("x"), author(), allow,
                       [&](const Result<StoredPolicy>& result) { stored += result.ok() ? 1 : 0; });
    }
  }
  CHECK(stored == 200);
}
