// SPDX-License-Identifier: Apache-2.0
#include "policies/resolution.h"

#include <catch2/catch.hpp>

#include "tests/unit/policies/facts.h"

namespace console_policy::test {
namespace {

const Scope cloud = the(ScopeKind::cloud);
const Scope domain = the(ScopeKind::domain);
const Scope project = the(ScopeKind::project);
const Scope user = the(ScopeKind::user);
const Scope instance = the(ScopeKind::instance);

TEST_CASE("With nothing stored the shipped default is the order (R3)") {
  const Resolution resolution = resolve(facts({}));
  CHECK(resolution.consoles == Types{SPICE, VNC, SERIAL, MKS});
  CHECK(resolution.denied.empty());
  CHECK(resolution.not_preferred == Types{RDP});
}

TEST_CASE("The explanation has one step for every scope, broad to narrow (R1, R9)") {
  const Resolution resolution = resolve(facts({{project, prefer({VNC})}}));
  REQUIRE(resolution.steps.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(resolution.steps[i].scope == all_scopes()[i]);
  CHECK(resolution.steps[0].state == ScopeState::shipped);
  CHECK(resolution.steps[0].policy == shipped_default());
  CHECK(resolution.steps[0].placed == Types{SPICE, SERIAL, MKS});
  CHECK(resolution.steps[1].state == ScopeState::silent);
  CHECK_FALSE(resolution.steps[1].policy.has_value());
  CHECK(resolution.steps[2].state == ScopeState::stored);
  CHECK(resolution.steps[2].policy == prefer({VNC}));
  CHECK(resolution.steps[2].placed == Types{VNC});
  CHECK(resolution.steps[3].state == ScopeState::silent);
  CHECK(resolution.steps[4].state == ScopeState::silent);
}

TEST_CASE("What is denied in the project does not depend on the user and the instance") {
  const auto denied_in_project = [](const Resolution& resolution) {
    Types types;
    for (const DeniedType& denied : resolution.denied_in_project) types.push_back(denied.type);
    return types;
  };
  Facts opening = facts({{domain, deny({RDP})},
                         {project, deny({VNC})},
                         {user, deny({MKS})},
                         {instance, allow({VNC})}});
  CHECK(denied_in_project(resolve(opening)) == Types{VNC, RDP});
  CHECK(resolve(opening).denied_in_project[0].denied_by[0].scope == project);
  opening.scopes = {cloud, domain, project};
  CHECK(denied_in_project(resolve(opening)) == Types{VNC, RDP});
  CHECK(resolve(facts({{instance, deny_all()}})).denied_in_project.empty());
}

TEST_CASE("Scope states have names") {
  CHECK(name(ScopeState::stored) == "stored");
  CHECK(name(ScopeState::shipped) == "shipped");
  CHECK(name(ScopeState::expired) == "expired");
  CHECK(name(ScopeState::silent) == "silent");
}

TEST_CASE("Only the scopes that apply are heard (R1)") {
  const Scope foreign = Scope::instance(ProjectId::parse("Q").value(),
                                        InstanceId::parse(instance.instance_id()).value());
  Facts opening = facts({{foreign, deny_all()},
                         {Scope::project(ProjectId::parse("Q").value()), deny_all()},
                         {Scope::user(UserId::parse("P").value()), prefer({MKS})}});
  CHECK(text(resolve(opening)) == text(resolve(facts({}))));

  opening = facts({{instance, deny_all()}});
  opening.scopes.pop_back();  // the resolution for a project has no instance
  CHECK(resolve(opening).consoles == Types{SPICE, VNC, SERIAL, MKS});
  CHECK(resolve(opening).steps.size() == 4);
}

TEST_CASE("A scope named twice is heard once (R9)") {
  Facts opening = facts({{project, deny({VNC})}});
  opening.scopes.push_back(project);
  CHECK(text(resolve(opening)) == text(resolve(facts({{project, deny({VNC})}}))));
}

TEST_CASE("Facts without any scope have a resolution (R9)") {
  Facts opening = facts({});
  opening.scopes.clear();
  const Resolution resolution = resolve(opening);
  CHECK(resolution.consoles.empty());
  CHECK(resolution.denied.empty());
  CHECK(resolution.steps.empty());
  CHECK(resolution.not_preferred == Types{VNC, SPICE, RDP, SERIAL, MKS});
}

TEST_CASE("A policy past its expires_at changes nothing and is shown (R2)") {
  const Policy expired = expiring(deny({SPICE}), now());
  const Resolution resolution = resolve(facts({{project, expired}}));
  CHECK(resolution.consoles == Types{SPICE, VNC, SERIAL, MKS});
  CHECK(resolution.denied.empty());
  REQUIRE(resolution.steps.size() == 5);
  CHECK(resolution.steps[2].state == ScopeState::expired);
  CHECK(resolution.steps[2].policy == expired);
  CHECK(resolution.steps[2].newly_denied.empty());
  CHECK(resolution.steps[2].placed.empty());

  const Policy still_there = expiring(deny({SPICE}), later());
  CHECK(resolve(facts({{project, still_there}})).consoles == Types{VNC, SERIAL, MKS});
}

TEST_CASE("The cloud's expired policy is shown, and the shipped default speaks again (R2, R3)") {
  const Policy expired = expiring(prefer({MKS}), earlier());
  const Resolution resolution = resolve(facts({{cloud, expired}}));
  CHECK(resolution.consoles == Types{SPICE, VNC, SERIAL, MKS});
  REQUIRE(resolution.steps.size() == 6);
  CHECK(resolution.steps[0].scope == cloud);
  CHECK(resolution.steps[0].state == ScopeState::expired);
  CHECK(resolution.steps[0].policy == expired);
  CHECK(resolution.steps[0].placed.empty());
  CHECK(resolution.steps[1].scope == cloud);
  CHECK(resolution.steps[1].state == ScopeState::shipped);
  CHECK(resolution.steps[1].placed == Types{SPICE, VNC, SERIAL, MKS});
}

TEST_CASE("A stored policy of the cloud replaces the shipped default whole (R3)") {
  const Resolution resolution = resolve(facts({{cloud, prefer({RDP})}}));
  CHECK(resolution.consoles == Types{RDP});
  CHECK(resolution.not_preferred == Types{VNC, SPICE, SERIAL, MKS});
  CHECK(resolution.steps[0].state == ScopeState::stored);
}

TEST_CASE("The shipped default may deny as well, and does not expire (R3)") {
  Facts opening = facts({});
  opening.cloud_default.deny = set({RDP});
  opening.cloud_default.expires_at = earlier();
  const Resolution resolution = resolve(opening);
  CHECK(resolution.consoles == Types{SPICE, VNC, SERIAL, MKS});
  REQUIRE(resolution.denied.size() == 1);
  CHECK(resolution.denied[0].type == RDP);
  CHECK(resolution.denied[0].denied_by[0].scope == cloud);
}

TEST_CASE("Each denied type names the scopes whose denies stand, with their reasons (R4)") {
  const Resolution resolution = resolve(facts({{domain, because(deny({RDP, VNC}), "audit")},
                                               {project, deny({RDP})},
                                               {instance, because(deny({MKS}), "broken guest")}}));
  REQUIRE(resolution.denied.size() == 3);
  CHECK(resolution.denied[0].type == VNC);
  REQUIRE(resolution.denied[0].denied_by.size() == 1);
  CHECK(resolution.denied[0].denied_by[0].scope == domain);
  CHECK(resolution.denied[0].denied_by[0].reason == "audit");
  CHECK(resolution.denied[1].type == RDP);
  REQUIRE(resolution.denied[1].denied_by.size() == 2);
  CHECK(resolution.denied[1].denied_by[0].scope == domain);
  CHECK(resolution.denied[1].denied_by[1].scope == project);
  CHECK_FALSE(resolution.denied[1].denied_by[1].reason.has_value());
  CHECK(resolution.denied[2].type == MKS);
  CHECK(resolution.denied[2].denied_by[0].reason == "broken guest");
}

TEST_CASE("A deny that was given back no longer stands, a later one does (R4)") {
  const Resolution resolution = resolve(
      facts({{domain, deny({SPICE})}, {project, allow({SPICE})}, {instance, deny({SPICE})}}));
  REQUIRE(resolution.denied.size() == 1);
  REQUIRE(resolution.denied[0].denied_by.size() == 1);
  CHECK(resolution.denied[0].denied_by[0].scope == instance);
  CHECK(resolution.steps[1].newly_denied == set({SPICE}));
  CHECK(resolution.steps[2].given_back == set({SPICE}));
  CHECK(resolution.steps[4].newly_denied == set({SPICE}));
}

TEST_CASE("The explanation has only the changes of each scope (R9)") {
  const Resolution resolution = resolve(facts({{domain, deny({RDP})},
                                               {project, deny({RDP, VNC})},
                                               {user, prefer({VNC})},
                                               {instance, allow({MKS})}}));
  CHECK(resolution.steps[1].newly_denied == set({RDP}));
  CHECK(resolution.steps[2].newly_denied == set({VNC}));  // RDP was denied already
  CHECK(resolution.steps[3].placed == Types{VNC});        // a place in the order, though denied
  CHECK(resolution.steps[4].given_back.empty());          // MKS was not denied
}

TEST_CASE("An allow does not deny-proof a type against the same scope's deny (R4)") {
  Policy both = deny({VNC});  // check_policy() refuses it; resolve() is total all the same
  both.allow = set({VNC});
  const Resolution resolution = resolve(facts({{domain, deny({VNC})}, {project, both}}));
  REQUIRE(resolution.denied.size() == 1);
  REQUIRE(resolution.denied[0].denied_by.size() == 1);
  CHECK(resolution.denied[0].denied_by[0].scope == project);
  CHECK(resolution.steps[2].newly_denied.empty());
  CHECK(resolution.steps[2].given_back.empty());
}

TEST_CASE("Nothing to offer is an empty list that names who denied and why (R8)") {
  const Resolution resolution =
      resolve(facts({{project, because(deny_all(), "forensic hold, ask security")}}));
  CHECK(resolution.consoles.empty());
  REQUIRE(resolution.denied.size() == all_console_types.size());
  for (const DeniedType& denied : resolution.denied) {
    REQUIRE(denied.denied_by.size() == 1);
    CHECK(denied.denied_by[0].scope == project);
    CHECK(denied.denied_by[0].reason == "forensic hold, ask security");
  }
  CHECK(resolution.not_preferred.empty());
}

TEST_CASE("What is given back but preferred nowhere is not offered (R7)") {
  const Resolution resolution = resolve(facts({{cloud, deny_all()}, {project, allow({SPICE})}}));
  CHECK(resolution.consoles.empty());
  CHECK(resolution.not_preferred == Types{SPICE});
  CHECK(resolution.denied.size() == 4);
}

}  // namespace
}  // namespace console_policy::test
