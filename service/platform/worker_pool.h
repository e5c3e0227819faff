// SPDX-License-Identifier: Apache-2.0
// WorkerPool: threads for work that may block (a database transaction), apart from the I/O threads.
//
// Contract: tasks start in the order of post(). At most `max_waiting` tasks wait; post() refuses
//           more, so that a flood is refused at once instead of answered late. finish() and the
//           destructor run the accepted tasks, then join the threads.
// Threads:  safe for concurrent use. A task must not throw.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

namespace boost::asio {
class thread_pool;
}

namespace console_policy::platform {

class WorkerPool final {
 public:
  using Task = std::function<void()>;

  WorkerPool(std::size_t threads, std::size_t max_waiting);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  // Returns false, without the task, if max_waiting tasks wait or after finish().
  [[nodiscard]] bool post(Task task);

  void finish();

  std::size_t waiting() const;  // tasks that have not started

 private:
  const std::size_t max_waiting_;
  mutable std::mutex mutex_;  // guards waiting_ and finished_
  std::size_t waiting_{0};
  bool finished_{false};
  const std::unique_ptr<boost::asio::thread_pool> threads_;
};

}  // namespace console_policy::platform
