// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_stretch.h"

#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {

std::string PolicyStretch::instances_sql() {
  return "SELECT owner_id, instance_id, body FROM policy WHERE scope = :scope AND "
         "owner_id = :owner AND instance_id > :instance ORDER BY instance_id LIMIT :count";
}

std::string PolicyStretch::owners_sql() {
  return "SELECT owner_id, instance_id, body FROM policy WHERE scope = :scope AND "
         "owner_id > :owner ORDER BY owner_id, instance_id LIMIT :count";
}

std::string PolicyStretch::cloud_sql() {
  return "SELECT owner_id, instance_id, body FROM policy WHERE scope = :scope AND "
         "owner_id = :owner AND instance_id = :instance";
}

PolicyStretch::PolicyStretch(soci::session& sql) : instances_(sql), owners_(sql), cloud_(sql) {
  for (soci::statement* statement : {&instances_, &owners_, &cloud_}) {
    statement->exchange(soci::into(row_owner_));
    statement->exchange(soci::into(row_instance_));
    statement->exchange(soci::into(row_body_));
    statement->exchange(soci::use(scope_));
    statement->exchange(soci::use(owner_id_));
    if (statement != &owners_) statement->exchange(soci::use(instance_id_));
    if (statement != &cloud_) statement->exchange(soci::use(count_));
  }
  prepare(instances_, instances_sql());
  prepare(owners_, owners_sql());
  prepare(cloud_, cloud_sql());
}

// First what is left of the owner at which the last stretch ended, then the owners after it: one
// SELECT for both would read the owner from its beginning each time.
Result<std::vector<WrittenPolicies::Change>> PolicyStretch::next(std::size_t limit) {
  before_ = place_;
  std::vector<WrittenPolicies::Change> policies;
  if (at_end()) return policies;
  scope_ = name(all_scope_kinds.at(place_.kind));
  owner_id_ = place_.owner_id;
  instance_id_ = place_.instance_id;
  count_ = static_cast<long long>(limit);
  const bool is_cloud = all_scope_kinds.at(place_.kind) == ScopeKind::cloud;
  Status read_well = read(is_cloud ? cloud_ : instances_, policies);
  if (read_well.ok() && !is_cloud && policies.size() < limit) {
    count_ -= static_cast<long long>(policies.size());
    read_well = read(owners_, policies);
  }
  if (!read_well.ok()) return std::move(read_well).error();
  if (is_cloud || policies.size() < limit) {
    place_ = Place{place_.kind + 1, {}, {}};
  } else {
    place_.owner_id = policies.back().scope.owner_id();
    place_.instance_id = policies.back().scope.instance_id();
  }
  return policies;
}

Status PolicyStretch::read(soci::statement& statement,
                           std::vector<WrittenPolicies::Change>& policies) {
  Status status{Success{}};
  for (bool got = statement.execute(true); got; got = statement.fetch()) {
    Result<Scope> scope = Scope::parse(scope_, row_owner_, row_instance_);
    if (scope.ok()) {
      policies.push_back({std::move(scope).value(), row_body_});
    } else {
      status = Error{ErrorCode::internal, "a stored policy cannot be read",
                     "a database row of policy (scope '" + scope_ + "', owner_id '" + row_owner_ +
                         "') is broken: " + scope.error().message};
    }
  }
  return status;
}

}  // namespace console_policy::store
