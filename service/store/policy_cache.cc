// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_cache.h"

#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {
namespace {

constexpr std::size_t first_slots = 1024;
constexpr std::size_t ways = 4;  // how many slots may hold one key

std::uint64_t hex_of(std::string_view text, std::size_t begin, std::size_t end) {
  std::uint64_t number = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const char c = text[i];
    if (c == '-') continue;
    number = number << 4U | static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return number;
}

// UUIDs are random already; the project only has to move them apart.
std::size_t first_way(std::uint64_t high, std::uint64_t low, std::uint32_t project,
                      std::size_t slots) {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15U;
  const std::uint64_t mixed = ((high ^ low) + project) * odd;
  return static_cast<std::size_t>(mixed >> 20U) % slots / ways * ways;
}

}  // namespace

PolicyCache::PolicyCache() : slots_(first_slots) {}

std::optional<InForce> PolicyCache::find(const std::vector<Scope>& scopes,
                                         const WalIndex::Header& header) {
  InForce found;
  found.policies.resize(scopes.size());
  const std::lock_guard<std::mutex> lock(mutex_);
  enter(header);
  if (!revision_) return std::nullopt;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    if (!find_one(scopes[i], found.policies[i])) return std::nullopt;
  }
  found.revision = *revision_;
  return found;
}

Result<InForce> PolicyCache::take(const std::vector<Scope>& scopes,
                                  const InForceStatement::Rows& rows,
                                  const std::optional<WalIndex::Header>& header) {
  InForce taken;
  taken.policies.resize(scopes.size());
  taken.revision = rows.revision.value_or(0);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (header) enter(*header);
  if (is_full()) forget();
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    Result<std::uint32_t> policy = number_of(rows.bodies[i], scopes[i]);
    if (!policy.ok()) return std::move(policy).error();
    if (policy.value() != 0) taken.policies[i] = policies_[policy.value() - 1];
    if (header) put_one(scopes[i], policy.value());
  }
  if (header) revision_ = rows.revision;
  return taken;
}

void PolicyCache::enter(const WalIndex::Header& header) {
  if (header == header_) return;
  header_ = header;
  ++generation_;
  used_slots_ = 0;
  revision_.reset();
}

bool PolicyCache::find_one(const Scope& scope, PolicyPtr& policy) const {
  if (scope.kind() == ScopeKind::instance) {
    const std::optional<InstanceKey> key = key_of(scope);
    const Slot* slot = key ? slot_of(*key) : nullptr;
    if (slot == nullptr) return false;
    if (slot->policy != 0) policy = policies_[slot->policy - 1];
    return true;
  }
  const auto& owners = owners_[static_cast<std::size_t>(scope.kind())];
  const auto at = owners.find(scope.owner_id());
  if (at == owners.end() || at->second.generation != generation_) return false;
  policy = at->second.policy;
  return true;
}

void PolicyCache::put_one(const Scope& scope, std::uint32_t policy) {
  if (scope.kind() == ScopeKind::instance) {
    owner_at(ScopeKind::project, scope.owner_id());
    put_slot(*key_of(scope), policy);
    return;
  }
  Owner& owner = owner_at(scope.kind(), scope.owner_id());
  owner.generation = generation_;
  owner.policy = policy == 0 ? nullptr : policies_[policy - 1];
}

PolicyCache::Owner& PolicyCache::owner_at(ScopeKind kind, const std::string& id) {
  auto& owners = owners_[static_cast<std::size_t>(kind)];
  Owner& owner = owners[id];
  if (owner.number == 0) owner.number = next_owner_++;
  return owner;
}

std::optional<PolicyCache::InstanceKey> PolicyCache::key_of(const Scope& scope) const {
  const auto& projects = owners_[static_cast<std::size_t>(ScopeKind::project)];
  const auto at = projects.find(scope.owner_id());
  if (at == projects.end()) return std::nullopt;
  constexpr std::size_t half = 18;  // "xxxxxxxx-xxxx-xxxx" of a UUID in its canonical form
  const std::string& id = scope.instance_id();
  return InstanceKey{hex_of(id, 0, half), hex_of(id, half, id.size()), at->second.number};
}

const PolicyCache::Slot* PolicyCache::slot_of(const InstanceKey& key) const {
  const std::size_t first = first_way(key.high, key.low, key.project, slots_.size());
  for (std::size_t i = first; i < first + ways; ++i) {
    const Slot& slot = slots_[i];
    if (slot.generation == generation_ && slot.high == key.high && slot.low == key.low &&
        slot.project == key.project) {
      return &slot;
    }
  }
  return nullptr;
}

void PolicyCache::put_slot(const InstanceKey& key, std::uint32_t policy) {
  if (slot_of(key) != nullptr) return;  // of this generation, so it says the same
  if (used_slots_ * 2 > slots_.size() && slots_.size() < max_slots) grow();
  const std::size_t first = first_way(key.high, key.low, key.project, slots_.size());
  // All taken: one goes, by chance of the key.
  std::size_t place = first + static_cast<std::size_t>(key.low % ways);
  for (std::size_t i = first; i < first + ways; ++i) {
    if (slots_[i].generation == generation_) continue;
    place = i;
    ++used_slots_;
    break;
  }
  slots_[place] = Slot{key.high, key.low, key.project, policy, generation_};
}

void PolicyCache::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  used_slots_ = 0;
  for (const Slot& slot : old) {
    if (slot.generation == generation_) {
      put_slot(InstanceKey{slot.high, slot.low, slot.project}, slot.policy);
    }
  }
}

Result<std::uint32_t> PolicyCache::number_of(const std::string& body, const Scope& scope) {
  if (body.empty()) return std::uint32_t{0};
  const auto known = bodies_.find(body);
  if (known != bodies_.end()) return known->second;
  Result<Policy> policy = to_policy(body, scope);
  if (!policy.ok()) return std::move(policy).error();
  policies_.push_back(std::make_shared<const Policy>(std::move(policy).value()));
  const auto number = static_cast<std::uint32_t>(policies_.size());
  bodies_.emplace(body, number);
  return number;
}

// Whether the next take() might not fit.
bool PolicyCache::is_full() const {
  for (const auto& owners : owners_) {
    if (owners.size() >= max_owners) return true;
  }
  return policies_.size() + InForceStatement::max_scopes > max_bodies;
}

void PolicyCache::forget() {
  for (auto& owners : owners_) owners.clear();
  policies_.clear();
  bodies_.clear();
  revision_.reset();
  ++generation_;
  used_slots_ = 0;
}

}  // namespace console_policy::store
