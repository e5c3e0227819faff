// SPDX-License-Identifier: Apache-2.0
#include "service/http/connections.h"

#include "service/http/connection.h"

namespace console_policy::http {

Connections::Place Connections::add(const std::shared_ptr<Connection>& connection,
                                    bool can_be_told) {
  const std::lock_guard lock{mutex_};
  if (draining()) return Place::none;
  Place place = Place::served;
  if (served_ >= max_connections_) {
    if (!can_be_told || open_.size() - served_ >= max_turned_away) return Place::none;
    place = Place::turned_away;
  }
  open_.emplace(connection.get(), Entry{connection, place});
  if (place == Place::served) ++served_;
  return place;
}

void Connections::remove(const Connection& connection) noexcept {
  const std::lock_guard lock{mutex_};
  const auto found = open_.find(&connection);
  if (found == open_.end()) return;
  if (found->second.place == Place::served) --served_;
  open_.erase(found);
  if (open_.empty()) emptied_.notify_all();
}

std::vector<std::shared_ptr<Connection>> Connections::all() {
  std::vector<std::shared_ptr<Connection>> alive;
  const std::lock_guard lock{mutex_};
  alive.reserve(open_.size());
  for (const auto& [address, entry] : open_) {
    if (auto connection = entry.connection.lock()) alive.push_back(std::move(connection));
  }
  return alive;
}

std::size_t Connections::served() const {
  const std::lock_guard lock{mutex_};
  return served_;
}

void Connections::drain() {
  {
    const std::lock_guard lock{mutex_};
    draining_.store(true, std::memory_order_relaxed);
  }
  for (const auto& connection : all()) connection->drain();
}

void Connections::cut() {
  for (const auto& connection : all()) connection->cut();
}

bool Connections::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  return emptied_.wait_until(lock, deadline, [this] { return open_.empty(); });
}

void Connections::sweep(std::chrono::steady_clock::time_point now) {
  // Gathered first: a connection that ends takes the mutex itself.
  std::vector<std::shared_ptr<Connection>> late;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [connection, entry] : open_) {
      if (connection->deadline() > now) continue;
      if (auto alive = entry.connection.lock()) late.push_back(std::move(alive));
    }
  }
  for (const auto& connection : late) connection->expire();
}

}  // namespace console_policy::http
