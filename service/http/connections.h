// SPDX-License-Identifier: Apache-2.0
// Connections: the open connections of a server, over all its listeners, and what bounds them.
//
// Contract: max_connections are served at most; max_refused more may be open until they are
// answered
//           503. At most LargeBody::max_at_once large bodies are in memory.
// Threads:  safe from any thread.
// Lifetime: outlives its connections and its places.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "service/http/options.h"

namespace console_policy::http {

class Connection;

class Connections final {
 private:
  struct Release {
    void operator()(Connections* connections) const noexcept { --connections->large_bodies_; }
  };

 public:
  enum class Place {
    served,
    refused,  // beyond max_connections: answer 503, then close
    none,     // close at once
  };
  using LargeBodyPlace = std::unique_ptr<Connections, Release>;  // null: none is free
  static constexpr std::size_t max_refused = 64;

  explicit Connections(const Limits& limits) : limits_{limits} {}

  // Adds it unless the answer is Place::none. `can_refuse`: whether the client can be answered.
  Place add(const std::shared_ptr<Connection>& connection, bool can_refuse);
  void remove(const Connection& connection) noexcept;
  std::size_t served() const;

  LargeBodyPlace take_large_body();

  bool draining() const { return draining_; }
  void drain();  // accepts no more; closes idle connections (Connection::start_drain)
  void close_all();
  bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

 private:
  std::vector<std::shared_ptr<Connection>> all();

  const Limits limits_;
  std::atomic<bool> draining_{false};
  std::atomic<std::size_t> large_bodies_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> served_;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> refused_;
  std::condition_variable emptied_;
};

}  // namespace console_policy::http
