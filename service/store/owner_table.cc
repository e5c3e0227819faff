// SPDX-License-Identifier: Apache-2.0
#include "service/store/owner_table.h"

#include <utility>

namespace console_policy::store {
namespace {

constexpr std::size_t max_buckets_looked_at = 64;

// A node of the map with an id that is on the heap, and its share of the buckets.
constexpr std::size_t bytes_of_one = 160;

bool is_idle(const OwnerTable::Owner& owner) {
  return owner.instances == 0 && !owner.is_known;
}

}  // namespace

const OwnerTable::Owner* OwnerTable::find(ScopeKind kind, const std::string& id) const {
  const auto found = of(kind).find(id);
  return found == of(kind).end() ? nullptr : &found->second;
}

OwnerTable::Owner& OwnerTable::at(ScopeKind kind, const std::string& id) {
  const auto [entry, is_new] = of(kind).try_emplace(id);
  if (is_new && kind == ScopeKind::project) {
    if (free_numbers_.empty()) {
      projects_.push_back(nullptr);
      free_numbers_.push_back(static_cast<std::uint32_t>(projects_.size()));
    }
    entry->second.number = free_numbers_.back();
    free_numbers_.pop_back();
    projects_[entry->second.number - 1] = &*entry;
  }
  return entry->second;
}

std::optional<std::uint32_t> OwnerTable::remove_one(ScopeKind kind) {
  Owners& owners = of(kind);
  for (std::size_t i = 0; i < max_buckets_looked_at; ++i) {
    hand_ = (hand_ + 1) % owners.bucket_count();
    for (auto entry = owners.begin(hand_); entry != owners.end(hand_); ++entry) {
      if (entry->second.instances > 0) continue;
      const std::uint32_t policy = entry->second.policy;
      remove(owners, owners.find(entry->first));
      return policy;
    }
  }
  return std::nullopt;
}

void OwnerTable::remove_if_idle(ScopeKind kind, const std::string& id) {
  const auto found = of(kind).find(id);
  if (found != of(kind).end() && is_idle(found->second)) remove(of(kind), found);
}

void OwnerTable::remove_if_idle(std::uint32_t project) {
  const Owners::value_type& entry = *projects_[project - 1];
  if (is_idle(entry.second))
    remove(of(ScopeKind::project), of(ScopeKind::project).find(entry.first));
}

void OwnerTable::remove_silent() {
  for (Owners& owners : owners_) {
    for (auto entry = owners.begin(); entry != owners.end();) {
      if (entry->second.policy == 0) entry->second.is_known = false;
      entry = is_idle(entry->second) ? remove(owners, entry) : std::next(entry);
    }
  }
}

OwnerTable::ByKind OwnerTable::remove_all() {
  projects_.clear();
  free_numbers_.clear();
  return std::exchange(owners_, ByKind());
}

OwnerTable::Owners::iterator OwnerTable::remove(Owners& owners, Owners::const_iterator at) {
  const std::uint32_t number = at->second.number;
  if (number != 0) {
    projects_[number - 1] = nullptr;
    free_numbers_.push_back(number);
  }
  return owners.erase(at);
}

std::size_t OwnerTable::size() const {
  std::size_t count = 0;
  for (const Owners& owners : owners_) count += owners.size();
  return count;
}

std::size_t OwnerTable::bytes() const {
  return size() * bytes_of_one;
}

}  // namespace console_policy::store
