// SPDX-License-Identifier: Apache-2.0
#include "policies/scope.h"

#include <catch2/catch.hpp>
#include <tuple>
#include <vector>

namespace console_policy {
namespace {

const std::string uuid = "0b0f2c9e-45d1-4a6b-9c1d-aa00ff001234";

TEST_CASE("Scope kinds have their names, broad to narrow") {
  const std::vector<std::string_view> names{"cloud", "domain", "project", "user", "instance"};
  REQUIRE(names.size() == all_scope_kinds.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(name(all_scope_kinds[i]) == names[i]);
    CHECK(parse_scope_kind(names[i]) == all_scope_kinds[i]);
    if (i > 0) CHECK(all_scope_kinds[i - 1] < all_scope_kinds[i]);
  }
  for (const char* text : {"", "Cloud", "projects", "project ", "instanc"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_scope_kind(text).has_value());
  }
}

TEST_CASE("A scope is read back from its three columns") {
  for (const auto& [kind, owner, instance] :
       std::vector<std::tuple<std::string, std::string, std::string>>{{"cloud", "", ""},
                                                                      {"domain", "d", ""},
                                                                      {"project", "p", ""},
                                                                      {"user", "u", ""},
                                                                      {"instance", "p", uuid}}) {
    CAPTURE(kind);
    const Result<Scope> scope = Scope::parse(kind, owner, instance);
    REQUIRE(scope.ok());
    CHECK(name(scope.value().kind()) == kind);
    CHECK(scope.value().owner_id() == owner);
    CHECK(scope.value().instance_id() == instance);
  }
}

TEST_CASE("A scope that is made is the scope that is read") {
  const auto read = [](const char* kind, const char* owner, const std::string& instance) {
    return Scope::parse(kind, owner, instance).value();
  };
  CHECK(Scope::cloud() == read("cloud", "", ""));
  CHECK(Scope::domain(DomainId::parse("x").value()) == read("domain", "x", ""));
  CHECK(Scope::project(ProjectId::parse("x").value()) == read("project", "x", ""));
  CHECK(Scope::user(UserId::parse("x").value()) == read("user", "x", ""));
  CHECK(Scope::instance(ProjectId::parse("x").value(), InstanceId::parse(uuid).value()) ==
        read("instance", "x", uuid));
}

TEST_CASE("Columns that make no scope are refused with the field and what is wrong") {
  const std::vector<std::tuple<std::string, std::string, std::string, std::string>> table{
      {"planet", "x", "", "scope: not one of cloud, domain, project, user, instance"},
      {"", "", "", "scope: not one of cloud, domain, project, user, instance"},
      {"cloud", "x", "", "scope: the cloud has no id"},
      {"cloud", "", uuid, "instance_id: only the scope 'instance' has one"},
      {"domain", "x", uuid, "instance_id: only the scope 'instance' has one"},
      {"project", "x", uuid, "instance_id: only the scope 'instance' has one"},
      {"user", "x", uuid, "instance_id: only the scope 'instance' has one"},
      {"domain", "", "", "domain_id: an id is empty"},
      {"project", "", "", "project_id: an id is empty"},
      {"user", "", "", "user_id: an id is empty"},
      {"instance", "", uuid, "project_id: an id is empty"},
      {"instance", "x", "",
       "instance_id: an instance id is a UUID in lower case: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"},
  };
  for (const auto& [kind, owner, instance, message] : table) {
    CAPTURE(kind, owner, instance);
    const Result<Scope> scope = Scope::parse(kind, owner, instance);
    REQUIRE_FALSE(scope.ok());
    CHECK(scope.error().code == ErrorCode::invalid_request);
    CHECK(scope.error().message == message);
  }
}

TEST_CASE("Scopes are equal when kind, owner and instance are") {
  const auto scope = [](const char* kind, const char* owner, const std::string& instance) {
    return Scope::parse(kind, owner, instance).value();
  };
  const std::string other_uuid = "1b0f2c9e-45d1-4a6b-9c1d-aa00ff001234";
  CHECK(scope("instance", "p", uuid) == scope("instance", "p", uuid));
  CHECK(scope("instance", "p", uuid) != scope("instance", "q", uuid));
  CHECK(scope("instance", "p", uuid) != scope("instance", "p", other_uuid));
  CHECK(scope("project", "x", "") != scope("user", "x", ""));
  CHECK(scope("project", "x", "") != scope("project", "y", ""));
}

}  // namespace
}  // namespace console_policy
