// SPDX-License-Identifier: Apache-2.0
// Acknowledgements: the thread that answers writes once they are durable, those of one commit
// together.
//
// Contract: what add() is given is taken in two steps on the thread: prepare() of all that have
//           come together, then `between` once, then answer() of each. finish() waits until nobody
//           holds an Expected any more: who holds one may still call add(), nobody else may.
// Threads:  safe for concurrent use.
// Bounds:   as many as writes wait in the store and are with it.
// Lifetime: the destructor finishes; it outlives every Expected.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace console_policy::api {

class Acknowledgements final {
 public:
  // A write that has been done, or refused.
  class Written {
   public:
    virtual ~Written() = default;
    virtual void prepare() noexcept = 0;
    virtual void answer() noexcept = 0;
  };

  // Something that is to be answered, until it is destroyed.
  class Expected final {
   public:
    explicit Expected(Acknowledgements& acknowledgements);
    Expected(const Expected&) = delete;
    Expected& operator=(const Expected&) = delete;
    ~Expected();

   private:
    Acknowledgements& acknowledgements_;
  };

  explicit Acknowledgements(std::function<void()> between);
  Acknowledgements(const Acknowledgements&) = delete;
  Acknowledgements& operator=(const Acknowledgements&) = delete;
  ~Acknowledgements();

  void add(std::shared_ptr<Written> written);
  void finish();

 private:
  void run();

  const std::function<void()> between_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable come_;
  std::vector<std::shared_ptr<Written>> written_;
  std::size_t expected_{0};
  std::condition_variable none_;
  bool ending_{false};
  bool sleeping_{false};
  std::thread thread_;  // the last: it uses all the others
};

}  // namespace console_policy::api
