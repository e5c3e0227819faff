// SPDX-License-Identifier: Apache-2.0
// ObservationMap: the observations of consoles in memory, and those that are not yet in the
// database.
//
// Contract: at most AvailabilityBounds::max_rows observations, and max_rows_per_project of one
//           project. Beyond a bound, the instances without an observation for the longest time are
//           evicted: beyond the bound of all, those of the largest project, so that a project
//           cannot evict those of a smaller one. An observation that arrives from the database
//           replaces an older one only.
// Threads:  safe for concurrent use; lookups take a shared lock.
// Bounds:   max_pending observations wait for the database; more are dropped and counted. As many
//           evicted instances wait to be deleted there; more are left to the bound of age.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "service/store/store.h"

namespace console_policy::store {

struct InstanceKey {
  std::string project_id;
  std::string instance_id;
};

// An instance whose observations the transaction with this number has deleted on request.
struct ForgottenInstance {
  InstanceKey key;
  long long batch{0};
};

class ObservationMap final {
 public:
  static constexpr std::size_t max_pending = 30'000;

  explicit ObservationMap(const AvailabilityBounds& bounds) : bounds_(bounds) {}

  std::vector<SeenType> find(const std::string& project_id, const std::string& instance_id) const;

  // Keeps what `learn` returns, and queues it for the database.
  void learn(const std::string& project_id, const std::string& instance_id, const Learn& learn);
  // Keeps what the database has.
  void apply(const std::vector<SeenOfInstance>& rows);
  // `began`: when this daemon's transaction `batch` began to delete the observations.
  void forget(const InstanceKey& key, long long batch, Timestamp began);
  // What the database has, up to transaction `to`. Keeps newer observations: those that are pending
  // and, for a transaction of forget(), those since it began, which may be written already.
  void apply_forgotten(const std::vector<ForgottenInstance>& instances, long long to);

  // Removes the instances without an observation since `time`; the database has its own bound of
  // age.
  void remove_before(Timestamp time);

  // The oldest pending observations, at most `limit`. They stay queued until remove_pending().
  std::vector<SeenOfInstance> pending(std::size_t limit) const;
  void remove_pending(std::size_t count);
  // The evicted instances, each once.
  std::vector<InstanceKey> take_evicted();

  // As Store::list_seen() and Store::count_seen().
  std::vector<SeenOfInstance> list(const SeenFilter& filter, const std::optional<SeenPlace>& after,
                                   std::size_t limit) const;
  std::vector<SeenCount> count(const std::optional<std::string>& project_id,
                               const std::optional<SeenCountPlace>& after, std::size_t limit) const;

  // How many instances last opened exactly these types. The lock is given back between projects.
  std::map<std::vector<ConsoleType>, std::int64_t> count_opened() const;

  std::size_t size() const;
  std::size_t pending_count() const;
  std::uint64_t dropped() const;

 private:
  using Ages = std::list<const std::string*>;  // ids of instances
  struct Instance {
    std::vector<SeenType> types;
    Ages::iterator age;
  };
  struct Project {
    std::map<std::string, Instance> instances;
    Ages ages;  // the instance that was observed last is at the end
    std::size_t rows{0};
  };
  using Projects = std::map<std::string, Project>;

  std::vector<SeenType> types_of(const InstanceKey& key) const;
  void apply_row(const SeenOfInstance& row);
  void remove(const std::string& project_id, const std::string& instance_id);
  void set(Project& project, const std::string& instance_id, const SeenType& seen);
  void erase(Project& project, std::map<std::string, Instance>::iterator instance);
  void evict(const std::string& project_id, Project& project, std::size_t rows);
  void keep_within_bounds(const std::string& project_id, Project& project);
  Projects::value_type& largest_project();

  const AvailabilityBounds bounds_;
  mutable std::shared_mutex mutex_;  // guards what follows
  Projects projects_;
  std::size_t rows_{0};
  std::deque<SeenOfInstance> pending_;
  std::vector<InstanceKey> evicted_;
  std::map<long long, Timestamp> own_forgets_;  // by batch, until the follower has passed it
  std::uint64_t dropped_{0};
};

}  // namespace console_policy::store
