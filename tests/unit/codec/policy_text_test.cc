// SPDX-License-Identifier: Apache-2.0
#include "service/codec/policy_text.h"

#include <catch2/catch.hpp>
#include <string>

using namespace console_policy;
using namespace console_policy::codec;

namespace {

Policy example() {
  Policy policy;
  policy.prefer = {ConsoleType::spice, ConsoleType::vnc};
  policy.deny = ConsoleTypeSet::of({ConsoleType::rdp});
  policy.allow = ConsoleTypeSet::of({ConsoleType::mks});
  policy.reason = "guest driver \"bug\" \\ Zürich";
  policy.expires_at = Timestamp(std::chrono::seconds(1796083200));
  return policy;
}

struct Refusal {
  const char* text;
  const char* where;
};

}  // namespace

TEST_CASE("A policy's text has every field, in one order") {
  CHECK(policy_to_text(example()) ==
        R"({"prefer":["SPICE","VNC"],"deny":["RDP"],"allow":["MKS"],)"
        R"("reason":"guest driver \"bug\" \\ Zürich","expires_at":"2026-12-01T00:00:00.000000Z"})");
  CHECK(policy_to_text(Policy{}) ==
        R"({"prefer":[],"deny":[],"allow":[],"reason":null,"expires_at":null})");
  Policy all;
  all.deny_all = true;
  CHECK(policy_to_text(all) ==
        R"({"prefer":[],"deny":["ALL"],"allow":[],"reason":null,"expires_at":null})");
}

TEST_CASE("A policy's text is read back as the policy") {
  Policy all;
  all.deny_all = true;
  for (const Policy& policy : {example(), Policy{}, all}) {
    const Result<Policy> read = policy_from_text(policy_to_text(policy));
    REQUIRE(read.ok());
    CHECK(read.value() == policy);
  }
}

TEST_CASE("A text that is no policy is refused, with the place of the fault") {
  const auto refusal = GENERATE(values<Refusal>({
      {R"()", "empty"},
      {R"([])", "an object is expected, not an array"},
      {R"({"prefer":["VNC"]} x)", "line 1, column 20: "},
      {R"({"prefer":["VNC"],})", "line 1, column 19: "},
      {R"({"prefer":["VNC"],"prefer":["SPICE"]})", "prefer: the key is given twice"},
      {R"({"a":{"b":[0,{"c":1,"c":2}]}})", "a.b[1].c: the key is given twice"},
      {R"({"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"a":1})", "a: the key is given"},
      {R"({"a":[[],[1e400]]})", "a[1][0]: a number out of range"},
      {R"({"prefr":["VNC"]})", "prefr: unknown field; known here: prefer"},
      {R"({"prefer":"VNC"})", "prefer: a list of console types is expected, not a string"},
      {R"({"prefer":["VNC","XVNC"]})", "prefer[1]: not a console type"},
      {R"({"prefer":["vnc"]})", "prefer[0]: not a console type"},
      {R"({"prefer":["ALL"]})", "prefer[0]: not a console type"},
      {R"({"prefer":["VNC","VNC"]})", "prefer[1]: VNC is given twice"},
      {R"({"deny":["ALL","ALL"]})", "deny[1]: ALL is given twice"},
      {R"({"deny":[null]})", "deny[0]: a string is expected, not null"},
      {R"({"allow":["ALL"]})", "allow[0]: not a console type"},
      {R"({"reason":5})", "reason: a string is expected, not a number"},
      {R"({"expires_at":"soon"})", "expires_at: not a time"},
      {R"({"expires_at":1796083200})", "expires_at: a string is expected, not a number"},
      {"{\n  // why\n}", "line 2, column 3: "},
      {"{\"reason\":\f\"x\"}", "line 1, column 11: "},
      {R"({"reason":01})", "line 1, column 12: "},
      {R"({"reason":1e400})", "reason: a number out of range"},
      {"{\"reason\":\"\xff\"}", "ill-formed UTF-8"},
      {R"({"reason":"\ud83d\uade0"})", "surrogate"},
      {"{\"reason\":\"\xc0\xaf\"}", "ill-formed UTF-8"},
  }));
  CAPTURE(refusal.text);
  const Result<Policy> read = policy_from_text(refusal.text);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == ErrorCode::invalid_request);
  CAPTURE(read.error().message);
  CHECK(read.error().message.find(refusal.where) != std::string::npos);
}

TEST_CASE("Nesting is bounded") {
  const Result<Policy> read = policy_from_text(std::string(100000, '['));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().message.find("nested deeper than 32 levels") != std::string::npos);
}

TEST_CASE("A stored policy is read without the console types that this version does not know") {
  std::vector<std::string> unknown;
  const Result<Policy> read = stored_policy_from_text(
      R"({"prefer":["WEBRTC","VNC"],"deny":["RDP","X11"],"allow":["WEBRTC"],"reason":"r"})",
      unknown);
  REQUIRE(read.ok());
  Policy expected;
  expected.prefer = {ConsoleType::vnc};
  expected.deny = ConsoleTypeSet::of({ConsoleType::rdp});
  expected.reason = "r";
  CHECK(read.value() == expected);
  CHECK(unknown == std::vector<std::string>{"WEBRTC", "X11", "WEBRTC"});
}

TEST_CASE("A stored policy of known types is read as it was written") {
  Policy all;
  all.deny_all = true;
  for (const Policy& policy : {example(), Policy{}, all}) {
    std::vector<std::string> unknown;
    const Result<Policy> read = stored_policy_from_text(policy_to_text(policy), unknown);
    REQUIRE(read.ok());
    CHECK(read.value() == policy);
    CHECK(unknown.empty());
  }
}

TEST_CASE("A stored text that no version writes is refused") {
  for (const char* text :
       {"", "[]", R"({"prefer":"VNC"})", R"({"prefer":[null]})", R"({"prefer":["VNC","VNC"]})",
        R"({"prefer":["X11"],"colour":1})", R"({"reason":5})"}) {
    CAPTURE(text);
    std::vector<std::string> unknown;
    const Result<Policy> read = stored_policy_from_text(text, unknown);
    REQUIRE_FALSE(read.ok());
    CHECK(read.error().code == ErrorCode::invalid_request);
  }
}
