// SPDX-License-Identifier: Apache-2.0
#include "service/store/observation_map.h"

#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

namespace console_policy::store {
namespace {

bool matches(const SeenFilter& filter, const SeenType& seen) {
  return (!filter.host_id || *filter.host_id == seen.fingerprint.host_id) &&
         (!filter.type || *filter.type == seen.type) &&
         (!filter.status || *filter.status == seen.status);
}

}  // namespace

std::vector<SeenType> ObservationMap::find(const std::string& project_id,
                                           const std::string& instance_id) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return types_of({project_id, instance_id});
}

std::vector<SeenType> ObservationMap::types_of(const InstanceKey& key) const {
  const auto project = projects_.find(key.project_id);
  if (project == projects_.end()) return {};
  const auto instance = project->second.instances.find(key.instance_id);
  if (instance == project->second.instances.end()) return {};
  return instance->second.types;
}

void ObservationMap::learn(const std::string& project_id, const std::string& instance_id,
                           const Learn& learn) {
  // Most reports bring nothing new, so the shared lock is tried first.
  if (learn(find(project_id, instance_id)).empty()) return;
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  Project& project = projects_[project_id];
  const auto known = project.instances.find(instance_id);
  const std::vector<SeenType> before =
      known == project.instances.end() ? std::vector<SeenType>() : known->second.types;
  for (const SeenType& seen : learn(before)) {
    set(project, instance_id, seen);
    if (pending_.size() < max_pending) {
      pending_.push_back({project_id, instance_id, seen});
    } else {
      ++dropped_;
    }
  }
  keep_within_bounds(project_id, project);
}

void ObservationMap::apply(const std::vector<SeenOfInstance>& rows) {
  // The lock is given back now and then, so that lookups do not wait for a long list.
  constexpr std::size_t part = 200;
  for (std::size_t at = 0; at < rows.size(); at += part) {
    const std::unique_lock<std::shared_mutex> lock(mutex_);
    const std::size_t end = std::min(at + part, rows.size());
    for (std::size_t i = at; i < end; ++i) apply_row(rows[i]);
  }
}

void ObservationMap::apply_row(const SeenOfInstance& row) {
  Project& project = projects_[row.project_id];
  const auto known = project.instances.find(row.instance_id);
  if (known != project.instances.end()) {
    const std::vector<SeenType>& types = known->second.types;
    const bool is_newer = std::none_of(types.begin(), types.end(), [&row](const SeenType& type) {
      return type.type == row.seen.type && type.seen_at >= row.seen.seen_at;
    });
    if (!is_newer) return;
  }
  set(project, row.instance_id, row.seen);
  keep_within_bounds(row.project_id, project);
}

void ObservationMap::forget(const InstanceKey& key, long long batch, Timestamp began) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  own_forgets_.emplace(batch, began);
  pending_.erase(std::remove_if(pending_.begin(), pending_.end(),
                                [&](const SeenOfInstance& row) {
                                  return row.project_id == key.project_id &&
                                         row.instance_id == key.instance_id;
                                }),
                 pending_.end());
  remove(key.project_id, key.instance_id);
}

void ObservationMap::apply_forgotten(const std::vector<ForgottenInstance>& instances,
                                     long long to) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  for (const auto& [key, batch] : instances) {
    std::vector<SeenType> newer;
    const auto own = own_forgets_.find(batch);
    if (own != own_forgets_.end()) {
      newer = types_of(key);
      newer.erase(std::remove_if(newer.begin(), newer.end(),
                                 [&](const SeenType& seen) { return seen.seen_at < own->second; }),
                  newer.end());
    }
    for (const SeenOfInstance& row : pending_) {
      if (row.project_id == key.project_id && row.instance_id == key.instance_id) {
        newer.push_back(row.seen);
      }
    }
    remove(key.project_id, key.instance_id);
    for (const SeenType& seen : newer) set(projects_[key.project_id], key.instance_id, seen);
  }
  own_forgets_.erase(own_forgets_.begin(), own_forgets_.upper_bound(to));
}

void ObservationMap::remove(const std::string& project_id, const std::string& instance_id) {
  const auto project = projects_.find(project_id);
  if (project == projects_.end()) return;
  const auto instance = project->second.instances.find(instance_id);
  if (instance == project->second.instances.end()) return;
  erase(project->second, instance);
  if (project->second.instances.empty()) projects_.erase(project);
}

void ObservationMap::remove_before(Timestamp time) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  for (auto project = projects_.begin(); project != projects_.end();) {
    auto& [id, its] = *project;
    const auto is_old = [&time](const SeenType& seen) { return seen.seen_at < time; };
    while (!its.ages.empty()) {
      const auto oldest = its.instances.find(*its.ages.front());
      const std::vector<SeenType>& types = oldest->second.types;
      if (!std::all_of(types.begin(), types.end(), is_old)) break;
      erase(its, oldest);
    }
    project = its.instances.empty() ? projects_.erase(project) : std::next(project);
  }
}

std::vector<SeenOfInstance> ObservationMap::pending(std::size_t limit) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const std::size_t count = std::min(limit, pending_.size());
  return {pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count)};
}

void ObservationMap::remove_pending(std::size_t count) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  pending_.erase(pending_.begin(),
                 pending_.begin() + static_cast<std::ptrdiff_t>(std::min(count, pending_.size())));
}

std::vector<InstanceKey> ObservationMap::take_evicted() {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  return std::exchange(evicted_, {});
}

std::size_t ObservationMap::size() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return rows_;
}

std::size_t ObservationMap::pending_count() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return pending_.size();
}

std::uint64_t ObservationMap::dropped() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return dropped_;
}

void ObservationMap::set(Project& project, const std::string& instance_id, const SeenType& seen) {
  const auto [known, is_new] = project.instances.try_emplace(instance_id);
  if (is_new) {
    known->second.age = project.ages.insert(project.ages.end(), &known->first);
  } else {
    project.ages.splice(project.ages.end(), project.ages, known->second.age);
  }
  // In the order of their names, as lists have them.
  std::vector<SeenType>& types = known->second.types;
  const auto type = std::lower_bound(
      types.begin(), types.end(), seen,
      [](const SeenType& a, const SeenType& b) { return name(a.type) < name(b.type); });
  if (type != types.end() && type->type == seen.type) {
    *type = seen;
    return;
  }
  types.insert(type, seen);
  ++project.rows;
  ++rows_;
}

void ObservationMap::erase(Project& project, std::map<std::string, Instance>::iterator instance) {
  const std::size_t rows = instance->second.types.size();
  project.rows -= rows;
  rows_ -= rows;
  project.ages.erase(instance->second.age);
  project.instances.erase(instance);
}

void ObservationMap::evict(const std::string& project_id, Project& project, std::size_t rows) {
  const std::size_t target = project.rows - std::min(rows, project.rows);
  while (project.rows > target) {
    const auto oldest = project.instances.find(*project.ages.front());
    if (evicted_.size() < max_pending) evicted_.push_back({project_id, oldest->first});
    erase(project, oldest);
  }
}

std::vector<SeenOfInstance> ObservationMap::list(const SeenFilter& filter,
                                                 const std::optional<SeenPlace>& after,
                                                 std::size_t limit) const {
  const SeenPlace place = after.value_or(SeenPlace{});
  std::vector<SeenOfInstance> page;
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  auto project = projects_.lower_bound(std::max(place.project_id, filter.project_id.value_or("")));
  for (; project != projects_.end(); ++project) {
    const std::string& project_id = project->first;
    if (filter.project_id && project_id != *filter.project_id) break;
    const auto& instances = project->second.instances;
    auto instance = project_id == place.project_id ? instances.lower_bound(place.instance_id)
                                                   : instances.begin();
    for (; instance != instances.end(); ++instance) {
      for (const SeenType& seen : instance->second.types) {
        const auto here = std::tie(project_id, instance->first);
        const bool is_before =
            here == std::tie(place.project_id, place.instance_id) && name(seen.type) <= place.type;
        if (is_before || !matches(filter, seen)) continue;
        page.push_back({project_id, instance->first, seen});
        if (page.size() == limit) return page;
      }
    }
  }
  return page;
}

std::vector<SeenCount> ObservationMap::count(const std::optional<std::string>& project_id,
                                             const std::optional<SeenCountPlace>& after,
                                             std::size_t limit) const {
  const SeenCountPlace place = after.value_or(SeenCountPlace{});
  std::vector<SeenCount> page;
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  auto project = projects_.lower_bound(std::max(place.project_id, project_id.value_or("")));
  for (; project != projects_.end(); ++project) {
    if (project_id && project->first != *project_id) break;
    std::map<std::pair<std::string, std::string_view>, SeenCount> counts;  // by host and type
    for (const auto& [id, instance] : project->second.instances) {
      for (const SeenType& seen : instance.types) {
        SeenCount& count = counts[{seen.fingerprint.host_id, name(seen.type)}];
        count.type = seen.type;
        ++(seen.status == AvailabilityStatus::opened ? count.opened : count.unavailable);
      }
    }
    for (auto& [host_and_type, count] : counts) {
      count.project_id = project->first;
      count.host_id = host_and_type.first;
      const auto here = std::tie(count.project_id, count.host_id, host_and_type.second);
      if (here <= std::make_tuple(place.project_id, place.host_id, std::string_view(place.type))) {
        continue;
      }
      page.push_back(std::move(count));
      if (page.size() == limit) return page;
    }
  }
  return page;
}

std::map<std::vector<ConsoleType>, std::int64_t> ObservationMap::count_opened() const {
  std::map<std::vector<ConsoleType>, std::int64_t> counts;
  std::string id;
  for (;;) {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    const auto project = projects_.upper_bound(id);
    if (project == projects_.end()) return counts;
    for (const auto& [instance_id, instance] : project->second.instances) {
      std::vector<ConsoleType> opened;
      for (const SeenType& seen : instance.types) {
        if (seen.status == AvailabilityStatus::opened) opened.push_back(seen.type);
      }
      std::sort(opened.begin(), opened.end());
      ++counts[opened];
    }
    id = project->first;
  }
}

void ObservationMap::keep_within_bounds(const std::string& project_id, Project& project) {
  if (project.rows > bounds_.max_rows_per_project) {
    evict(project_id, project, project.rows - bounds_.max_rows_per_project);
  }
  if (rows_ <= bounds_.max_rows) return;
  // Several at once, because finding the largest project takes a pass over all.
  constexpr std::size_t part = 1000;
  auto& [largest_id, largest] = largest_project();
  evict(largest_id, largest, std::max(rows_ - bounds_.max_rows, bounds_.max_rows / part));
}

ObservationMap::Projects::value_type& ObservationMap::largest_project() {
  return *std::max_element(projects_.begin(), projects_.end(), [](const auto& a, const auto& b) {
    return a.second.rows < b.second.rows;
  });
}

}  // namespace console_policy::store
