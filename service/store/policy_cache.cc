// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_cache.h"

#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {

std::optional<InForce> PolicyCache::find(const std::vector<Scope>& scopes,
                                         const Header& header) const {
  InForce found;
  found.policies.resize(scopes.size());
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  bool known = moment_.is(header) && revision_.has_value();
  Question question = begin(scopes);
  for (std::size_t i = 0; known && i < scopes.size(); ++i) {
    known = find_one(scopes[i], question, found.policies[i]);
  }
  if (!known) {
    misses_.fetch_add(1, std::memory_order_relaxed);
    return std::nullopt;
  }
  hits_.fetch_add(1, std::memory_order_relaxed);
  found.revision = *revision_;
  return found;
}

Result<InForce> PolicyCache::take(const std::vector<Scope>& scopes,
                                  const InForceStatement::Rows& rows,
                                  const std::optional<Header>& before) {
  Changes said;
  for (std::size_t i = 0; i < scopes.size(); ++i) said.push_back({scopes[i], rows.bodies[i]});
  Result<std::vector<PolicyPtr>> policies = parse(said);
  if (!policies.ok()) return std::move(policies).error();
  if (before) {
    Garbage garbage;
    const std::lock_guard<std::shared_mutex> lock(mutex_);
    if (admit(*before, garbage)) {
      for (std::size_t i = 0; i < said.size(); ++i) keep(said[i], policies.value()[i]);
      revision_ = rows.revision;
    }
  }
  return InForce{std::move(policies).value(), rows.revision.value_or(0)};
}

void PolicyCache::begin_write() {
  Garbage garbage;
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  if (!moment_.begin_write()) forget(garbage);
}

Status PolicyCache::carry(const WrittenPolicies& written, const Header& after) {
  Result<std::vector<PolicyPtr>> policies = parse(written.changes);
  if (!policies.ok()) return std::move(policies).error();
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  if (!moment_.may_carry()) return Success{};
  for (std::size_t i = 0; i < written.changes.size(); ++i) {
    drop(written.changes[i].scope);
    keep(written.changes[i], policies.value()[i]);
  }
  if (written.revision) revision_ = written.revision;
  moment_.carry(after);  // at last: so what was changed by half is of a moment that has passed
  return Success{};
}

void PolicyCache::end_write() {
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  moment_.end_write();
}

bool PolicyCache::begin_load(const Header& now) {
  Garbage garbage;
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  if (!admit(now, garbage)) return false;
  whole_ = true;
  full_ = false;
  return true;
}

Result<PolicyCache::Loaded> PolicyCache::load(const Changes& policies, const Header& before) {
  Result<std::vector<PolicyPtr>> parsed = parse(policies);
  if (!parsed.ok()) return std::move(parsed).error();
  Garbage garbage;
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  const bool admitted = admit(before, garbage);
  if (!whole_) return full_ ? Loaded::full : Loaded::in_vain;
  if (!admitted) return Loaded::again;
  for (std::size_t i = 0; i < policies.size(); ++i) keep(policies[i], parsed.value()[i]);
  return whole_ ? Loaded::kept : Loaded::full;
}

bool PolicyCache::end_load() {
  const std::lock_guard<std::shared_mutex> lock(mutex_);
  if (!whole_) return false;
  complete_ = true;
  owners_.remove_silent();
  return true;
}

PolicyCache::PolicyPtr PolicyCache::policy_of(const std::string& body) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return bodies_.find(body);
}

CacheFigures PolicyCache::figures() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const std::optional<Header> now = index_->header();
  CacheFigures figures;
  figures.entries = owners_.size() + instances_.entries();
  figures.bytes = owners_.bytes() + instances_.bytes() + bodies_.bytes();
  figures.complete = complete_ && now && moment_.may_be(*now);
  figures.from_memory = hits_;
  figures.from_database = misses_;
  return figures;
}

// Of each that has one; those that are known are not parsed again.
Result<std::vector<PolicyCache::PolicyPtr>> PolicyCache::parse(const Changes& policies) const {
  std::vector<PolicyPtr> parsed(policies.size());
  {
    const std::shared_lock<std::shared_mutex> lock(mutex_);
    for (std::size_t i = 0; i < policies.size(); ++i) parsed[i] = bodies_.find(policies[i].body);
  }
  for (std::size_t i = 0; i < policies.size(); ++i) {
    if (parsed[i] != nullptr || policies[i].body.empty()) continue;
    Result<Policy> policy = to_policy(policies[i].body, policies[i].scope);
    if (!policy.ok()) return std::move(policy).error();
    parsed[i] = std::make_shared<const Policy>(std::move(policy).value());
  }
  return parsed;
}

PolicyCache::Question PolicyCache::begin(const std::vector<Scope>& scopes) const {
  Question question;
  for (const Scope& scope : scopes) {
    if (scope.kind() != ScopeKind::instance) continue;
    question.instance = InstanceTable::key_of(scope.instance_id());
    question.fetched = &scope;
    instances_.fetch(question.instance);
  }
  return question;
}

// Whether it is known what the scope has.
bool PolicyCache::find_one(const Scope& scope, Question& question, PolicyPtr& policy) const {
  const OwnerTable::Owner* owner = owner_of(scope, question);
  Number number = 0;
  if (scope.kind() == ScopeKind::instance) {
    const InstanceTable::Slot* slot =
        question.fetched == &scope ? slot_of(question.instance, owner) : slot_of(scope, owner);
    if (slot == nullptr) return complete_;
    number = slot->policy;
  } else {
    if (owner == nullptr || !owner->is_known) return complete_;
    number = owner->policy;
  }
  if (number != 0) policy = bodies_.policy(number);
  return true;
}

// Of an instance, its project.
const OwnerTable::Owner* PolicyCache::owner_of(const Scope& scope, Question& question) const {
  const bool of_instance = scope.kind() == ScopeKind::instance;
  if (!of_instance && scope.kind() != ScopeKind::project) {
    return owners_.find(scope.kind(), scope.owner_id());
  }
  if (question.project_id == nullptr || *question.project_id != scope.owner_id()) {
    question.project_id = &scope.owner_id();
    question.project = owners_.find(ScopeKind::project, scope.owner_id());
  }
  return question.project;
}

const InstanceTable::Slot* PolicyCache::slot_of(const Scope& scope,
                                                const OwnerTable::Owner* project) const {
  return slot_of(InstanceTable::key_of(scope.instance_id()), project);
}

const InstanceTable::Slot* PolicyCache::slot_of(InstanceTable::Key instance,
                                                const OwnerTable::Owner* project) const {
  if (project == nullptr || project->instances == 0) return nullptr;
  instance.project = project->number;
  return instances_.find(instance);
}

bool PolicyCache::is_there(const Scope& scope) const {
  if (scope.kind() == ScopeKind::instance) {
    return slot_of(scope, owners_.find(ScopeKind::project, scope.owner_id())) != nullptr;
  }
  const OwnerTable::Owner* owner = owners_.find(scope.kind(), scope.owner_id());
  return owner != nullptr && owner->is_known;
}

// What is there already is of the same moment, so it says the same.
void PolicyCache::keep(const WrittenPolicies::Change& change, const PolicyPtr& policy) {
  if (is_there(change.scope)) return;
  if (policy == nullptr && complete_) return;
  const Number number = policy == nullptr ? 0 : bodies_.hold(change.body, policy);
  if (policy != nullptr && number == 0) return lose();
  if (put(change.scope, number)) return;
  bodies_.release(number);
  lose();
}

// False: there was no room.
bool PolicyCache::put(const Scope& scope, Number policy) {
  const bool of_instance = scope.kind() == ScopeKind::instance;
  const ScopeKind kind = of_instance ? ScopeKind::project : scope.kind();
  if (owners_.is_full(kind) && owners_.find(kind, scope.owner_id()) == nullptr) {
    lose();
    const std::optional<Number> gone = owners_.remove_one(kind);
    if (!gone) return false;
    bodies_.release(*gone);
  }
  OwnerTable::Owner& owner = owners_.at(kind, scope.owner_id());
  if (!of_instance) {
    owner.is_known = true;
    owner.policy = policy;
    return true;
  }
  ++owner.instances;
  if (instances_.is_full()) {
    lose();
    drop(instances_.next());
  }
  instances_.insert(InstanceTable::key_of(scope.instance_id(), owner.number), policy);
  return true;
}

void PolicyCache::drop(const Scope& scope) {
  if (!is_there(scope)) return;
  if (scope.kind() == ScopeKind::instance) {
    return drop(slot_of(scope, owners_.find(ScopeKind::project, scope.owner_id())));
  }
  OwnerTable::Owner& owner = owners_.at(scope.kind(), scope.owner_id());
  bodies_.release(owner.policy);
  owner.policy = 0;
  owner.is_known = false;
  owners_.remove_if_idle(scope.kind(), scope.owner_id());
}

void PolicyCache::drop(const InstanceTable::Slot* slot) {
  const std::uint32_t project = slot->project;
  bodies_.release(slot->policy);
  instances_.erase(slot);
  --owners_.project_at(project).instances;
  owners_.remove_if_idle(project);
}

// There was no room: something of the database is not in here.
void PolicyCache::lose() {
  complete_ = false;
  whole_ = false;
  full_ = true;
}

void PolicyCache::forget(Garbage& garbage) {
  complete_ = false;
  whole_ = false;
  revision_.reset();
  instances_.forget();
  bodies_.forget_holders();
  garbage = owners_.remove_all();
}

bool PolicyCache::admit(const Header& before, Garbage& garbage) {
  const Moment::Admission admission = moment_.admit(before);
  if (admission == Moment::Admission::after_others) forget(garbage);
  return admission != Moment::Admission::refused;
}

}  // namespace console_policy::store
