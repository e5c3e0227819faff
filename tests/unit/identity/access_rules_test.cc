// SPDX-License-Identifier: Apache-2.0
#include "service/identity/access_rules.h"

#include <catch2/catch.hpp>

using namespace console_policy::identity;

namespace {

bool allows(const std::string& pattern, const std::string& path) {
  return rules_allow({{"console-policy", "GET", pattern}}, "GET", path);
}

}  // namespace

TEST_CASE("An access rule's path is matched as Keystone documents") {
  CHECK(allows("/v1/policies/cloud", "/v1/policies/cloud"));
  CHECK_FALSE(allows("/v1/policies/cloud", "/v1/policies/cloud/"));
  CHECK_FALSE(allows("/v1/policies/cloud", "/v1/policies"));
  CHECK(allows("/v1/policies/*", "/v1/policies/cloud"));
  CHECK_FALSE(allows("/v1/policies/*", "/v1/policies/projects/p"));
  CHECK_FALSE(allows("/v1/policies/*", "/v1/policies/"));
  CHECK(allows("/v1/projects/{project_id}/consoles", "/v1/projects/p1/consoles"));
  CHECK_FALSE(allows("/v1/projects/{project_id}/consoles", "/v1/projects/a/b/consoles"));
  CHECK(allows("/v1/**", "/v1/projects/a/b/consoles"));
  CHECK(allows("**", "/"));
  CHECK(allows("/v1/**/consoles", "/v1/projects/a/consoles"));
  CHECK_FALSE(allows("/v1/**/consoles", "/v1/projects/a/console"));
  CHECK(allows("/v1/p*s/cloud", "/v1/policies/cloud"));
  CHECK_FALSE(allows("", "/"));
  CHECK_FALSE(allows("/v1/{open", "/v1/x"));
}

TEST_CASE("An escaped character does not match the plain one") {
  CHECK_FALSE(allows("/v1/policies/cloud", "/v1/policies/%63loud"));
}

TEST_CASE("A rule of another service or method allows nothing, and no rule allows nothing") {
  CHECK_FALSE(rules_allow({{"compute", "GET", "**"}}, "GET", "/v1/policies"));
  CHECK_FALSE(rules_allow({{"console-policy", "POST", "**"}}, "GET", "/v1/policies"));
  CHECK_FALSE(rules_allow({}, "GET", "/v1/policies"));
  CHECK(rules_allow({{"compute", "GET", "**"}, {"console-policy", "GET", "**"}}, "GET", "/v1"));
}

TEST_CASE("A hostile pattern costs no more than its length times the path's") {
  std::string pattern;
  for (int i = 0; i < 64; ++i) pattern += "**a";
  CHECK_FALSE(allows(pattern + "b", std::string(4096, 'a')));
}
