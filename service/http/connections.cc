// SPDX-License-Identifier: Apache-2.0
#include "service/http/connections.h"

#include "service/http/connection.h"

namespace console_policy::http {

Connections::Place Connections::add(const std::shared_ptr<Connection>& connection,
                                    bool can_refuse) {
  const std::lock_guard lock{mutex_};
  if (draining_) return Place::none;
  const bool serve = served_.size() < limits_.max_connections;
  if (!serve && (!can_refuse || refused_.size() >= max_refused)) return Place::none;
  (serve ? served_ : refused_).emplace(connection.get(), connection);
  return serve ? Place::served : Place::refused;
}

void Connections::remove(const Connection& connection) noexcept {
  const std::lock_guard lock{mutex_};
  served_.erase(&connection);
  refused_.erase(&connection);
  if (served_.empty() && refused_.empty()) emptied_.notify_all();
}

std::size_t Connections::served() const {
  const std::lock_guard lock{mutex_};
  return served_.size();
}

Connections::LargeBodyPlace Connections::take_large_body() {
  const std::size_t max = limits_.large_body ? limits_.large_body->max_at_once : 0;
  LargeBodyPlace place{this};
  return ++large_bodies_ <= max ? std::move(place) : nullptr;
}

std::vector<std::shared_ptr<Connection>> Connections::all() {
  std::vector<std::shared_ptr<Connection>> alive;
  const std::lock_guard lock{mutex_};
  for (const auto* const open : {&served_, &refused_}) {
    for (const auto& [address, entry] : *open) {
      if (auto connection = entry.lock()) alive.push_back(std::move(connection));
    }
  }
  return alive;
}

void Connections::drain() {
  {
    const std::lock_guard lock{mutex_};
    draining_ = true;
  }
  for (const auto& connection : all()) connection->start_drain();
}

void Connections::close_all() {
  for (const auto& connection : all()) connection->close();
}

bool Connections::wait_until_empty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock{mutex_};
  return emptied_.wait_until(lock, deadline,
                             [this] { return served_.empty() && refused_.empty(); });
}

}  // namespace console_policy::http
