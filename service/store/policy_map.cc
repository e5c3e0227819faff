// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_map.h"

#include <array>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cstring>
#include <mutex>
#include <random>

namespace console_policy::store {
namespace {

// The finalizer of MurmurHash3 (public domain): each input bit changes half of the output bits.
std::uint64_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 33U)) * 0xff51afd7ed558ccdULL;
  x = (x ^ (x >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33U);
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32U) | device();
}

Error unreadable(const Scope& scope) {
  return Error{ErrorCode::internal, "a stored policy cannot be read",
               "database row policy (scope '" + std::string(name(scope.kind())) + "', owner_id '" +
                   scope.owner_id() + "', instance_id '" + scope.instance_id() +
                   "') cannot be read; the log has the reason"};
}

boost::uuids::uuid uuid_of(const Scope& scope) {
  return boost::uuids::string_generator()(scope.instance_id());
}

}  // namespace

std::size_t PolicyTable::UuidHash::operator()(const Uuid& uuid) const noexcept {
  static const std::uint64_t seed = random_seed();
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), uuid.data, sizeof halves);
  return mix(mix(halves[0] ^ seed) + halves[1]);
}

std::string PolicyTable::key_of(ScopeKind kind, const std::string& owner_id) {
  return std::string(name(kind)) + '/' + owner_id;
}

void PolicyTable::set(const Scope& scope, PolicyPtr policy) {
  if (scope.kind() != ScopeKind::instance) {
    others_[key_of(scope.kind(), scope.owner_id())] = std::move(policy);
    return;
  }
  Instances& instances = projects_[scope.owner_id()];
  if (instances.insert_or_assign(uuid_of(scope), std::move(policy)).second) {
    ++instances_;
  }
}

void PolicyTable::erase(const Scope& scope) {
  if (scope.kind() != ScopeKind::instance) {
    others_.erase(key_of(scope.kind(), scope.owner_id()));
    return;
  }
  const auto project = projects_.find(scope.owner_id());
  if (project == projects_.end()) return;
  instances_ -= project->second.erase(uuid_of(scope));
  if (project->second.empty()) projects_.erase(project);
}

const PolicyPtr* PolicyTable::find(const Scope& scope) const {
  if (scope.kind() != ScopeKind::instance) {
    const auto found = others_.find(key_of(scope.kind(), scope.owner_id()));
    return found == others_.end() ? nullptr : &found->second;
  }
  const auto project = projects_.find(scope.owner_id());
  if (project == projects_.end()) return nullptr;
  const auto found = project->second.find(uuid_of(scope));
  return found == project->second.end() ? nullptr : &found->second;
}

std::size_t PolicyTable::size_of_project(const std::string& project_id) const {
  const auto project = projects_.find(project_id);
  return others_.count(key_of(ScopeKind::project, project_id)) +
         (project == projects_.end() ? 0 : project->second.size());
}

std::vector<std::pair<Scope, PolicyPtr>> PolicyTable::all() const {
  std::vector<std::pair<Scope, PolicyPtr>> all;
  all.reserve(size());
  const auto add = [&all](std::string_view kind, std::string_view owner, std::string_view instance,
                          const PolicyPtr& policy) {
    Result<Scope> scope = Scope::parse(kind, owner, instance);
    if (scope.ok()) all.emplace_back(std::move(scope).value(), policy);
  };
  for (const auto& [key, policy] : others_) {
    const std::size_t slash = key.find('/');
    add(key.substr(0, slash), key.substr(slash + 1), {}, policy);
  }
  for (const auto& [project_id, instances] : projects_) {
    for (const auto& [instance, policy] : instances) {
      add(name(ScopeKind::instance), project_id, boost::uuids::to_string(instance), policy);
    }
  }
  return all;
}

Result<InForce> PolicyMap::find(const std::vector<Scope>& scopes) const {
  InForce found;
  found.policies.reserve(scopes.size());
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  found.revision = position_.revision;
  for (const Scope& scope : scopes) {
    const PolicyPtr* policy = table_.find(scope);
    if (policy != nullptr && *policy == nullptr) return unreadable(scope);
    found.policies.push_back(policy == nullptr ? nullptr : *policy);
  }
  return found;
}

Position PolicyMap::position() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return position_;
}

std::size_t PolicyMap::size() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return table_.size();
}

std::size_t PolicyMap::size_of_project(const std::string& project_id) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return table_.size_of_project(project_id);
}

std::vector<std::pair<Scope, PolicyPtr>> PolicyMap::all(Position& position) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  position = position_;
  return table_.all();
}

bool PolicyMap::apply(const std::vector<PolicyChange>& changes) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  for (const PolicyChange& change : changes) {
    if (change.position.revision <= position_.revision) continue;
    if (change.position.revision != position_.revision + 1) return false;
    if (change.stored) {
      table_.set(change.scope, change.policy);
    } else {
      table_.erase(change.scope);
    }
    position_ = change.position;
  }
  return true;
}

void PolicyMap::replace(PolicyTable table, Position position) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  std::swap(table_, table);
  position_ = std::move(position);
}  // the old table is destroyed after the lock is released

}  // namespace console_policy::store
