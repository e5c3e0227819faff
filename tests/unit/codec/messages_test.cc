// SPDX-License-Identifier: Apache-2.0
#include "service/codec/messages.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::codec;

namespace {

const Scope& project() {
  static const Scope scope = Scope::project(ProjectId::parse("p1").value());
  return scope;
}

}  // namespace

TEST_CASE("A request's policy stands under its own name") {
  const Result<Policy> policy = decode_policy(R"({"policy":{"prefer":["VNC"]}})");
  REQUIRE(policy.ok());
  CHECK(policy.value().prefer == std::vector<ConsoleType>{ConsoleType::vnc});
  CHECK(decode_policy(R"({"prefer":["VNC"]})").error().message ==
        "prefer: unknown field; known here: policy");
  CHECK(decode_policy(R"({})").error().message == "policy: the field is missing");
  CHECK(decode_policy(R"({"policy":{"prefer":["X"]}})").error().message.find("policy.prefer[0]:") ==
        0);
  CHECK(decode_policy(R"({"policy":null})").error().message ==
        "policy: an object is expected, not null");
}

TEST_CASE("A foreign key comes back cut after 64 bytes, and not within a character") {
  const std::string unknown = ": unknown field; known here: policy";
  const auto said = [](const std::string& members) {
    return decode_policy("{" + members + "}").error().message;
  };
  for (const std::string character : {"\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x96\xa5"}) {
    for (std::size_t before = 64 - character.size(); before <= 64; ++before) {
      const std::string plain(before, 'k');
      const bool whole = before + character.size() <= 64;
      const std::string shown = whole ? plain + character : plain;
      CAPTURE(character, before);
      CHECK(said('"' + plain + character + R"(":1)") == shown + unknown);
      const std::string member = '"' + plain + character + R"(":1)";
      CHECK(said(member + "," + member) == shown + ": the key is given twice");
    }
  }
}

TEST_CASE("A stored policy is shown with its scope and its history") {
  StoredPolicy stored{project(), {}, 7, Timestamp{}, Timestamp(std::chrono::seconds(1)), "u1"};
  stored.policy.deny_all = true;
  CHECK(
      encode_policy(stored) ==
      R"({"policy":{"scope":"project","project_id":"p1","prefer":[],"deny":["ALL"],"allow":[],)"
      R"("reason":null,"expires_at":null,"revision":7,"created_at":"1970-01-01T00:00:00.000000Z",)"
      R"("updated_at":"1970-01-01T00:00:01.000000Z","updated_by":"u1"}})");
}

TEST_CASE("A page links to the next one when there is one") {
  CHECK(encode_policies({}, std::nullopt) == R"({"policies":[],"links":[]})");
  CHECK(encode_changes({}, "/v1/changes?marker=3") ==
        R"({"changes":[],"links":[{"rel":"next","href":"/v1/changes?marker=3"}]})");
}

TEST_CASE("A change names its writer apart from whose policy it was") {
  const Scope user = Scope::user(UserId::parse("u2").value());
  const Change change{3, "id", Timestamp{}, Action::remove, user, "req-1", "u1", Policy{}, {}};
  const std::string text = encode_changes({change}, std::nullopt);
  CHECK(text.find(R"("action":"delete")") != std::string::npos);
  CHECK(text.find(R"("user_id":"u1","target":{"scope":"user","user_id":"u2"})") !=
        std::string::npos);
  CHECK(text.find(R"("after":null)") != std::string::npos);
}

TEST_CASE("A resolution is explained only when that is asked for") {
  ResolutionAnswer answer;
  answer.project_id = "p1";
  answer.user_id = "u1";
  answer.revision = 4;
  answer.resolution.consoles = {ConsoleType::spice, ConsoleType::vnc};
  answer.resolution.denied = {{ConsoleType::rdp, {{project(), std::string("why")}}}};
  answer.resolution.not_preferred = {ConsoleType::mks};
  CHECK(encode_resolution(answer) ==
        R"({"resolution":{"project_id":"p1","domain_id":null,"user_id":"u1","instance_id":null,)"
        R"("consoles":["SPICE","VNC"],"denied":[{"type":"RDP","denied_by":[{"scope":"project",)"
        R"("project_id":"p1","reason":"why"}]}],"denied_in_project":[],"revision":4}})");
  answer.explain = true;
  const std::string text = encode_resolution(answer);
  CHECK(text.find(R"("not_offered":[{"type":"RDP","why":"denied")") != std::string::npos);
  CHECK(text.find(R"({"type":"MKS","why":"not_preferred","denied_by":[]})") != std::string::npos);
}

TEST_CASE("A problem has the fields of API-SIG's errors document") {
  CHECK(encode_problems({{"req-1", "console-policy.not_found", 404, "Not Found", "d", {}, {}}}) ==
        R"({"errors":[{"request_id":"req-1","code":"console-policy.not_found","status":404,)"
        R"("title":"Not Found","detail":"d","links":[]}]})");
}
