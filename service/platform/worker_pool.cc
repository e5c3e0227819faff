// SPDX-License-Identifier: Apache-2.0
#include "service/platform/worker_pool.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

namespace console_policy::platform {

WorkerPool::WorkerPool(std::size_t threads, std::size_t max_waiting)
    : max_waiting_(max_waiting), threads_(std::make_unique<boost::asio::thread_pool>(threads)) {}

WorkerPool::~WorkerPool() {
  finish();
}

void WorkerPool::finish() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    finished_ = true;
  }
  threads_->join();
}

bool WorkerPool::post(Task task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (finished_ || waiting_ == max_waiting_) return false;
  boost::asio::post(*threads_, [this, task = std::move(task)] {
    {
      const std::lock_guard<std::mutex> started(mutex_);
      --waiting_;
    }
    task();
  });
  ++waiting_;
  return true;
}

std::size_t WorkerPool::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_;
}

}  // namespace console_policy::platform
