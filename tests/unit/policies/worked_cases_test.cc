// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/policies/facts.h"
#include "tests/unit/policies/worked_case.h"

namespace console_policy::test {
namespace {

std::string content(const char* path) {
  std::ifstream in(path);
  REQUIRE(in.is_open());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const std::string head =
    "## Worked cases\n"
    "| case | cloud | domain | project | user | instance | consoles | denied (by) |\n"
    "|---|---|---|---|---|---|---|---|\n";

std::string complaint(const std::string& readme) {
  const auto worked = worked_cases(readme);
  return worked.ok() ? "" : worked.error().message;
}

TEST_CASE("The worked cases of policies/README.md resolve as documented (R1 to R8)") {
  const auto worked = worked_cases(content(POLICIES_README));
  if (!worked.ok()) FAIL(worked.error().message);
  CHECK(worked.value().size() >= 16);
  std::set<std::string> names;
  for (const WorkedCase& one : worked.value()) {
    CAPTURE(one.what);
    const Resolution resolution = resolve(one.facts);
    CHECK(consoles_cell(resolution) == one.consoles);
    CHECK(denied_cell(resolution) == one.denied);
    CHECK(names.insert(one.what).second);
  }
}

TEST_CASE("The shipped default is the one that the worked cases count on (R3)") {
  const std::string yaml = "\n" + content(CLOUD_DEFAULT_YAML);
  CHECK(yaml.find("\nprefer: [" + text(shipped_default().prefer) + "]\n") != std::string::npos);
  CHECK(content(POLICIES_README).find(text(shipped_default().prefer)) != std::string::npos);
}

TEST_CASE("A row of the worked cases is read as it is meant") {
  const auto worked = worked_cases(
      head +
      "| a | prefer VNC; deny RDP, MKS | deny ALL; expired | allow SPICE | - | - | x | y |\n");
  REQUIRE(worked.ok());
  REQUIRE(worked.value().size() == 1);
  const WorkedCase& one = worked.value()[0];
  CHECK(one.what == "a");
  CHECK(one.consoles == "x");
  CHECK(one.denied == "y");
  REQUIRE(one.facts.policies.size() == 3);
  CHECK(one.facts.policies[0].policy.prefer == Types{VNC});
  CHECK(one.facts.policies[0].policy.deny == set({RDP, MKS}));
  CHECK(one.facts.policies[1].policy == expiring(deny_all(), now()));
  CHECK(one.facts.policies[2].policy == allow({SPICE}));
  CHECK(one.facts.policies[2].scope == the(ScopeKind::project));
}

TEST_CASE("A malformed table of worked cases is refused with its line") {
  const std::string row = "| a | - | - | - | - | - | VNC | - |\n";
  CHECK(complaint(head + row).empty());
  CHECK(complaint("") == "no worked cases");
  CHECK(complaint(head) == "no worked cases");
  CHECK(complaint("## Other\n" + row) == "no worked cases");
  CHECK(complaint("## Worked cases\n" + row) == "line 2: not the head of the table");
  CHECK(complaint(head.substr(0, head.rfind("|---|---|---|---|---")) + row) ==
        "line 3: a rule is expected");
  CHECK(complaint(head + row + "| a | - | VNC |\n") == "line 5: a row has 8 cells, this one 3");
  CHECK(complaint(head + "| a | - | - | - | - | - | VNC | -\n") ==
        "line 4: a row begins and ends with '|'");
  CHECK(complaint(head + "|  | - | - | - | - | - | VNC | - |\n") == "line 4: the case has no name");
  CHECK(complaint(head + "| a | - | | - | - | - | VNC | - |\n") ==
        "line 4: domain: '' is no clause");
  CHECK(complaint(head + "| a | - | deny FAX | - | - | - | VNC | - |\n") ==
        "line 4: domain: 'FAX' is no console type");
  CHECK(complaint(head + "| a | - | - | like VNC | - | - | VNC | - |\n") ==
        "line 4: project: 'like' is not prefer, deny or allow, or stands there twice");
  CHECK(complaint(head + "| a | - | - | deny VNC; deny MKS | - | - | VNC | - |\n") ==
        "line 4: project: 'deny' is not prefer, deny or allow, or stands there twice");
  CHECK(complaint(head + "| a | - | - | - | deny VNC | - | VNC | - |\n") ==
        "line 4: user: policy.deny: the policy of a user can only prefer");
}

}  // namespace
}  // namespace console_policy::test
