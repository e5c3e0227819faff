// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "service/config/load.h"

namespace console_policy::config {
namespace {

std::string refused(const std::string& text) {
  const Result<Policy> policy = parse_cloud_default("d.yaml", text);
  return policy.ok() ? "" : policy.error().message;
}

}  // namespace

TEST_CASE("a cloud default is read into a policy") {
  const Result<Policy> policy = parse_cloud_default(
      "d.yaml", "prefer: [SPICE, VNC]\ndeny: [RDP, MKS]\nreason: no RDP here\n");
  REQUIRE(policy.ok());
  Policy expected;
  expected.prefer = {ConsoleType::spice, ConsoleType::vnc};
  expected.deny = ConsoleTypeSet::of({ConsoleType::rdp, ConsoleType::mks});
  expected.reason = "no RDP here";
  CHECK(policy.value() == expected);
}

TEST_CASE("a cloud default may deny everything") {
  const Result<Policy> policy = parse_cloud_default("d.yaml", "deny: [ALL]\n");
  REQUIRE(policy.ok());
  CHECK(policy.value().deny_all);
  CHECK(policy.value().deny.empty());
}

TEST_CASE("words that are not console types are refused at their place") {
  CHECK(refused("prefer:\n  - VNC\n  - SPYCE\n") ==
        "d.yaml:3:5: prefer[1]: SPYCE is not a console type; known: VNC, SPICE, RDP, SERIAL, MKS");
  CHECK(refused("prefer: [vnc]\n") ==
        "d.yaml:1:10: prefer[0]: vnc is not a console type; known: VNC, SPICE, RDP, SERIAL, MKS");
  CHECK(refused("prefer: [VNC, SPICE, VNC]\n") == "d.yaml:1:22: prefer[2]: VNC is given twice");
  CHECK(refused("deny: [ALL, ALL]\n") == "d.yaml:1:13: deny[1]: ALL is given twice");
  CHECK(refused("prefer: [ALL]\n") ==
        "d.yaml:1:9: prefer: ALL is for deny; known here: VNC, SPICE, RDP, SERIAL, MKS");
  CHECK(refused("prefer: VNC\n") == "d.yaml:1:9: prefer: expected a list, found text");
  CHECK(refused("prefer: [1]\n") ==
        "d.yaml:1:10: prefer[0]: expected text (put it in quotes), found a number");
  CHECK(refused("prefer: [VNC, ]\nreason: ''\n") == "d.yaml:2:9: reason: is empty");
}

TEST_CASE("fields that a default cannot have are refused") {
  CHECK(refused("prefer: [VNC]\nallow: [RDP]\n") ==
        "d.yaml:2:1: allow: unknown key; known here: prefer, deny, reason");
  CHECK(refused("prefer: [VNC]\nexpires_at: 2030-01-01T00:00:00Z\n") ==
        "d.yaml:2:1: expires_at: unknown key; known here: prefer, deny, reason");
  CHECK(refused("prefer: [VNC]\nprefer: [RDP]\n") == "d.yaml:2:1: prefer: is given twice");
}

TEST_CASE("a default that may not stand at the cloud scope is refused") {
  CHECK(refused("") == "d.yaml:1:1: expected a mapping, found nothing");
  CHECK(refused("prefer: [VNC]\ndeny: [VNC]\n") == "d.yaml:1:1: deny: VNC is also preferred");
  CHECK(refused("deny: [ALL, RDP]\n") == "d.yaml:1:1: deny: ALL stands alone, without RDP");
  CHECK(refused("deny: [RDP]\n").rfind("d.yaml:1:1: prefer: ", 0) == 0);
  CHECK(refused("prefer: []\n").rfind("d.yaml:1:1: ", 0) == 0);
  CHECK(refused("deny: [ALL]\nreason: " + std::string(501, 'x') + "\n")
            .rfind("d.yaml:1:1: reason: ", 0) == 0);
}

}  // namespace console_policy::config
