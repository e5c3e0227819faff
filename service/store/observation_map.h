// SPDX-License-Identifier: Apache-2.0
// ObservationMap: the observations of consoles in memory, and those that are not yet in the database.
//
// Contract: at most max_instances instances, and max_instances_per_project of one project. Beyond a
//           bound the instances without an observation for the longest time are evicted, beyond the
//           bound of all those of the largest project. An observation that arrives from the database
//           replaces an older one only.
// Threads:  safe for concurrent use; lookups take a shared lock.
// Bounds:   max_pending observations wait for the database; more are dropped and counted.
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

class ObservationMap final {
 public:
  static constexpr std::size_t max_pending = 30'000;
  static constexpr std::size_t max_observed_instances = 500'000;

  ObservationMap(std::size_t max_instances, std::size_t max_instances_per_project)
      : max_instances_(max_instances), max_instances_per_project_(max_instances_per_project) {}

  std::vector<SeenType> find(const std::string& project_id, const std::string& instance_id) const;

  // Keeps what `learn` returns, and queues it for the database.
  void learn(const std::string& project_id, const std::string& instance_id, const Learn& learn);
  // Keeps what the database has.
  void apply(const std::vector<SeenOfInstance>& rows);
  void forget(const std::string& project_id, const std::string& instance_id);

  // The oldest pending observations, at most `limit`. They stay queued until remove_pending().
  std::vector<SeenOfInstance> pending(std::size_t limit) const;
  void remove_pending(std::size_t count);

  // As Store::list_seen() and Store::count_seen().
  std::vector<SeenOfInstance> list(const SeenFilter& filter, const std::optional<SeenPlace>& after,
                                   std::size_t limit) const;
  std::vector<SeenCount> count(const std::optional<std::string>& project_id,
                               const std::optional<SeenCountPlace>& after, std::size_t limit) const;

  std::size_t instances() const;
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
  };
  using Projects = std::map<std::string, Project>;

  void set(Project& project, const std::string& instance_id, const SeenType& seen);
  void erase(Project& project, std::map<std::string, Instance>::iterator instance);
  void evict(Project& project, std::size_t count);
  void keep_within_bounds(Project& project);
  Project& largest_project();

  const std::size_t max_instances_;
  const std::size_t max_instances_per_project_;
  mutable std::shared_mutex mutex_;  // guards what follows
  Projects projects_;
  std::size_t instances_{0};
  std::deque<SeenOfInstance> pending_;
  std::uint64_t dropped_{0};
};

}  // namespace console_policy::store
