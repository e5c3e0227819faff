// SPDX-License-Identifier: Apache-2.0
#include "policies/policy.h"

#include <catch2/catch.hpp>
#include <tuple>

#include "tests/unit/policies/facts.h"

namespace console_policy::test {
namespace {

// "" when the policy may be stored.
std::string complaint(const Policy& policy, ScopeKind kind) {
  const Status status = check_policy(policy, kind, now());
  if (status.ok()) return "";
  CHECK(status.error().code == ErrorCode::invalid_request);
  return status.error().message;
}

Policy with(Policy a, const Policy& b) {
  if (!b.prefer.empty()) a.prefer = b.prefer;
  a.deny = a.deny | b.deny;
  a.deny_all = a.deny_all || b.deny_all;
  a.allow = a.allow | b.allow;
  return a;
}

const std::string nothing = "policy: says nothing; give prefer, deny or allow";
const std::string cloud_needs =
    "policy.prefer: the policy of the cloud replaces the shipped default whole, so it has to "
    "prefer "
    "something or to deny ALL";
const std::string user_deny = "policy.deny: the policy of a user can only prefer";
const std::string user_allow = "policy.allow: the policy of a user can only prefer";
const std::string cloud_allow =
    "policy.allow: nothing is broader than the cloud; do not deny instead";

TEST_CASE("The permitted content of a policy depends on its scope (R10, R11)") {
  struct Row {
    const char* what;
    Policy policy;
    std::string cloud, domain, project, user, instance;
  };
  const std::vector<Row> table{
      {"nothing", {}, nothing, nothing, nothing, nothing, nothing},
      {"prefer", prefer({VNC}), "", "", "", "", ""},
      {"prefer all five", prefer({VNC, SPICE, RDP, SERIAL, MKS}), "", "", "", "", ""},
      {"deny", deny({RDP}), cloud_needs, "", "", user_deny, ""},
      {"deny all five, one by one", deny({VNC, SPICE, RDP, SERIAL, MKS}), cloud_needs, "", "",
       user_deny, ""},
      {"deny ALL", deny_all(), "", "", "", user_deny, ""},
      {"allow", allow({RDP}), cloud_allow, "", "", user_allow, ""},
      {"prefer, deny", with(prefer({VNC}), deny({RDP})), "", "", "", user_deny, ""},
      {"prefer, allow the same", with(prefer({VNC}), allow({VNC})), cloud_allow, "", "", user_allow,
       ""},
      {"deny, allow", with(deny({VNC}), allow({RDP})), cloud_allow, "", "", user_deny, ""},
      {"prefer, deny, allow", with(with(prefer({VNC}), deny({RDP})), allow({SPICE})), cloud_allow,
       "", "", user_deny, ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.what);
    CHECK(complaint(row.policy, ScopeKind::cloud) == row.cloud);
    CHECK(complaint(row.policy, ScopeKind::domain) == row.domain);
    CHECK(complaint(row.policy, ScopeKind::project) == row.project);
    CHECK(complaint(row.policy, ScopeKind::user) == row.user);
    CHECK(complaint(row.policy, ScopeKind::instance) == row.instance);
  }
}

TEST_CASE("A policy that contradicts itself is refused at every scope (R10)") {
  const std::vector<std::tuple<Policy, std::string>> table{
      {prefer({VNC, SPICE, VNC}), "policy.prefer[2]: VNC is preferred twice"},
      {prefer({MKS, MKS}), "policy.prefer[1]: MKS is preferred twice"},
      {with(prefer({VNC, RDP}), deny({RDP, MKS})), "policy.deny: RDP is also preferred"},
      {with(prefer({VNC, RDP}), deny({RDP, VNC})), "policy.deny: VNC, RDP is also preferred"},
      {with(prefer({SPICE}), deny_all()), "policy.deny: SPICE is also preferred"},
      {with(allow({VNC}), deny({VNC})), "policy.deny: VNC is also allowed"},
      {with(allow({MKS}), deny_all()), "policy.deny: MKS is also allowed"},
      {with(deny_all(), deny({VNC, MKS})), "policy.deny: ALL stands alone, without VNC, MKS"},
  };
  for (const auto& [policy, message] : table) {
    for (const ScopeKind kind : all_scope_kinds) {
      CAPTURE(message, name(kind));
      CHECK(complaint(policy, kind) == message);
    }
  }
}

TEST_CASE("A reason is 1 to 500 bytes without control characters (R10)") {
  const std::vector<std::tuple<std::string, std::string>> table{
      {"x", ""},
      {std::string(500, 'x'), ""},
      {"d\xc3\xa9sactiv\xc3\xa9 \xe2\x80\x94 \xf0\x9f\x9a\xab", ""},
      {"\xc2\xa0", ""},
      {"\xe2\x82\x82", ""},  // a byte 0x82 that is no C1 character
      {"", "policy.reason: is empty; leave it out instead"},
      {std::string(501, 'x'), "policy.reason: has 501 bytes, more than 500"},
      {"two\nlines", "policy.reason: holds a control character"},
      {"tab\t", "policy.reason: holds a control character"},
      {std::string("nul\0", 4), "policy.reason: holds a control character"},
      {"\x1f", "policy.reason: holds a control character"},
      {"del\x7f", "policy.reason: holds a control character"},
      {"c1 \xc2\x80", "policy.reason: holds a control character"},
      {"c1 \xc2\x9f", "policy.reason: holds a control character"},
  };
  for (const auto& [reason, message] : table) {
    CAPTURE(reason);
    CHECK(complaint(because(prefer({VNC}), reason), ScopeKind::project) == message);
  }
}

TEST_CASE("An expiry has to be in the future (R10)") {
  const std::string message = "policy.expires_at: is not in the future";
  CHECK(complaint(expiring(prefer({VNC}), later()), ScopeKind::project).empty());
  CHECK(complaint(expiring(prefer({VNC}), now()), ScopeKind::project) == message);
  CHECK(complaint(expiring(prefer({VNC}), earlier()), ScopeKind::project) == message);
}

TEST_CASE("A policy has expired from its expires_at on (R2)") {
  CHECK_FALSE(prefer({VNC}).expired(now()));
  CHECK_FALSE(expiring(prefer({VNC}), later()).expired(now()));
  CHECK(expiring(prefer({VNC}), now()).expired(now()));
  CHECK(expiring(prefer({VNC}), earlier()).expired(now()));
}

TEST_CASE("ALL denies every type (R5)") {
  CHECK(deny_all().denied() == ConsoleTypeSet::all());
  CHECK(deny({RDP}).denied() == set({RDP}));
  CHECK(prefer({VNC}).denied().empty());
}

TEST_CASE("Policies are equal when every field is") {
  const Policy policy =
      because(expiring(with(with(prefer({VNC}), deny({RDP})), allow({MKS})), later()), "why");
  CHECK(policy == Policy(policy));
  const auto differs = [&](auto change) {
    Policy other = policy;
    change(other);
    return other != policy && !(other == policy);
  };
  CHECK(differs([](Policy& p) { p.prefer.push_back(SPICE); }));
  CHECK(differs([](Policy& p) { p.deny.insert(SERIAL); }));
  CHECK(differs([](Policy& p) { p.deny_all = true; }));
  CHECK(differs([](Policy& p) { p.allow.insert(SERIAL); }));
  CHECK(differs([](Policy& p) { p.reason.reset(); }));
  CHECK(differs([](Policy& p) { p.expires_at = now(); }));
}

}  // namespace
}  // namespace console_policy::test
