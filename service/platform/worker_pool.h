// SPDX-License-Identifier: Apache-2.0
// WorkerPool: threads for work that may wait (a durable write), away from the I/O threads.
//
// Contract: tasks start in the order they were accepted. At most `max_waiting` wait; post() refuses
// more,
//           so that a flood is answered at once instead of late. The destructor runs what was
//           accepted, then joins.
// Threads:  post() is safe for concurrent use. A task must not throw.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace console_policy::platform {

class WorkerPool final {
 public:
  using Task = std::function<void()>;

  WorkerPool(std::size_t threads, std::size_t max_waiting);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  // False when max_waiting tasks wait already, or after finish(); the task was not taken then.
  [[nodiscard]] bool post(Task task);

  void finish();

  // How many tasks wait now.
  std::size_t waiting() const;

 private:
  void run();

  const std::size_t max_waiting_;
  mutable std::mutex mutex_;  // guards waiting_ and ending_
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  bool ending_{false};
  std::vector<std::thread> threads_;
};

}  // namespace console_policy::platform
