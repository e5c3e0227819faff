// SPDX-License-Identifier: Apache-2.0
// Acknowledgements: the thread that answers writes once they are durable, those of one commit
// together.
//
// Contract: add() is called once for each expect(); what it is given runs on the thread, in two
//           steps: `prepare` of all that have come together, then `between` once, then `answer` of
//           each. The destructor waits until all that were expected have been answered.
// Threads:  safe for concurrent use. No step may throw.
// Bounds:   as many as writes wait in the store.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace console_policy::api {

class Acknowledgements final {
 public:
  struct Steps {
    std::function<void()> prepare;
    std::function<void()> answer;
  };

  explicit Acknowledgements(std::function<void()> between);
  Acknowledgements(const Acknowledgements&) = delete;
  Acknowledgements& operator=(const Acknowledgements&) = delete;
  ~Acknowledgements();

  void expect();
  void withdraw();  // one that was expected will not come after all
  void add(Steps steps);

 private:
  void run();

  const std::function<void()> between_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable come_;
  std::vector<Steps> steps_;
  std::size_t expected_{0};
  bool ending_{false};
  bool sleeping_{false};
  std::thread thread_;  // the last: it uses all the others
};

}  // namespace console_policy::api
