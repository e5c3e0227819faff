// SPDX-License-Identifier: Apache-2.0
#include "policies/owner_names.h"

#include <catch2/catch.hpp>

using namespace console_policy;

namespace {

const ProjectId project = ProjectId::parse("p1").value();
const DomainId domain = DomainId::parse("acme").value();
const UserId user = UserId::parse("ada").value();
const Scope instance =
    Scope::instance(project, InstanceId::parse("11111111-1111-4111-8111-111111111111").value());

}  // namespace

TEST_CASE("A scope's owner is its domain, its project or its user; the cloud has none") {
  OwnerIds ids;
  add_owner(Scope::cloud(), ids);
  CHECK((ids.domains.empty() && ids.projects.empty() && ids.users.empty()));
  for (const Scope& scope : {Scope::domain(domain), Scope::project(project), instance}) {
    add_owner(scope, ids);
  }
  add_user("ada", ids);
  add_user("no id: spaces", ids);
  CHECK(ids.domains == std::set<DomainId>{domain});
  CHECK(ids.projects == std::set<ProjectId>{project});
  CHECK(ids.users == std::set<UserId>{user});
}

TEST_CASE("A name is found by the kind and the id, and is not known otherwise") {
  OwnerNames names;
  names.domains[domain] = "Acme Inc.";
  names.projects[project] = "demo";
  names.users[user] = "Ada";
  CHECK(owner_name(Scope::domain(domain), names) == "Acme Inc.");
  CHECK(owner_name(Scope::project(project), names) == "demo");
  CHECK(owner_name(instance, names) == "demo");
  CHECK(owner_name(Scope::user(user), names) == "Ada");
  CHECK_FALSE(owner_name(Scope::cloud(), names).has_value());
  CHECK_FALSE(owner_name(Scope::project(ProjectId::parse("acme").value()), names).has_value());
  CHECK(user_name("ada", names) == "Ada");
  CHECK_FALSE(user_name("p1", names).has_value());
  CHECK_FALSE(user_name("no id: spaces", names).has_value());
}
