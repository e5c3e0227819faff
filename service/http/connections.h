// SPDX-License-Identifier: Apache-2.0
// Connections: the open connections of a server, over all its listeners.
//
// Contract: at most max_connections are served at a time; a few more (max_turned_away) may be there
//           just long enough to be told so. Every connection that is in here is looked at each
//           sweep, and told when its deadline has passed.
// Threads:  safe from any thread; one mutex, held for one walk at the most.
// Lifetime: outlives its connections.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace console_policy::http {

class Connection;

class Connections final {
 public:
  enum class Place {
    served,
    turned_away,  // beyond max_connections: to be refused, then closed
    none,         // close it at once
  };
  static constexpr std::size_t max_turned_away = 64;

  explicit Connections(std::size_t max_connections) : max_connections_{max_connections} {}

  // Adds it unless the answer is Place::none. `can_be_told`: whether refusing it is worth a place.
  Place add(const std::shared_ptr<Connection>& connection, bool can_be_told);
  void remove(const Connection& connection) noexcept;

  std::size_t served() const;

  bool draining() const { return draining_.load(std::memory_order_relaxed); }

  // Admits nobody from now on and tells every connection; see Connection::drain.
  void drain();
  // Closes every connection, whatever it is doing.
  void cut();
  bool wait_until_empty(std::chrono::steady_clock::time_point deadline);

  // Tells the connections whose deadline has passed.
  void sweep(std::chrono::steady_clock::time_point now);

 private:
  struct Entry {
    std::weak_ptr<Connection> connection;
    Place place;
  };

  std::vector<std::shared_ptr<Connection>> all();

  const std::size_t max_connections_;
  std::atomic<bool> draining_{false};
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<const Connection*, Entry> open_;
  std::size_t served_{0};
  std::condition_variable emptied_;
};

}  // namespace console_policy::http
