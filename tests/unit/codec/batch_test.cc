// SPDX-License-Identifier: Apache-2.0
#include "service/codec/batch.h"

#include <catch2/catch.hpp>

using namespace console_policy;
using namespace console_policy::codec;

namespace {

// The message about the only operation.
std::string refused(const std::string& operation) {
  const auto decoded = decode_operations("{\"operations\":[" + operation + "]}");
  REQUIRE(decoded.ok());
  REQUIRE(decoded.value().size() == 1);
  return decoded.value()[0].ok() ? "" : decoded.value()[0].error().message;
}

bool begins(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

}  // namespace

TEST_CASE("Operations are read with their targets and policies") {
  const auto decoded = decode_operations(
      R"({"operations":[{"action":"put","target":{"scope":"instance","project_id":"p",)"
      R"("instance_id":"11111111-1111-4111-8111-111111111111"},"policy":{"prefer":["VNC"]}},)"
      R"({"action":"delete","target":{"scope":"cloud"},"if_revision":7}]})");
  REQUIRE(decoded.ok());
  REQUIRE(decoded.value().size() == 2);
  const Operation& put = decoded.value()[0].value();
  CHECK(put.scope.kind() == ScopeKind::instance);
  CHECK(put.scope.owner_id() == "p");
  CHECK(put.policy->prefer == std::vector<ConsoleType>{ConsoleType::vnc});
  CHECK_FALSE(put.if_revision);
  const Operation& remove = decoded.value()[1].value();
  CHECK(remove.scope == Scope::cloud());
  CHECK_FALSE(remove.policy);
  CHECK(remove.if_revision == Revision{7});
}

TEST_CASE("What is wrong in one operation hides nothing of the others") {
  const auto decoded = decode_operations(
      R"({"operations":[7,{"action":"delete","target":{"scope":"cloud"}},{"action":"put"}]})");
  REQUIRE(decoded.ok());
  CHECK(begins(decoded.value()[0].error().message, "operations[0]: "));
  CHECK(decoded.value()[1].ok());
  CHECK(begins(decoded.value()[2].error().message, "operations[2].target: "));
}

TEST_CASE("An operation of another form is refused with its place") {
  CHECK(begins(refused("[]"), "operations[0]: an object is expected"));
  CHECK(begins(refused("{}"), "operations[0].action: "));
  CHECK(begins(refused(R"({"action":1})"), "operations[0].action: a string"));
  CHECK(begins(refused(R"({"action":"PUT"})"), "operations[0].action: put or delete"));
  const std::string put = R"({"action":"put","policy":{"prefer":["VNC"]},"target":)";
  CHECK(begins(refused(put + "null}"), "operations[0].target: an object"));
  CHECK(begins(refused(put + "{}}"), "operations[0].target.scope: "));
  CHECK(begins(refused(put + R"({"scope":"all"}})"), "operations[0].target.scope: one of"));
  CHECK(begins(refused(put + R"({"scope":"cloud","x":1}})"), "operations[0].target.x: unknown"));
  CHECK(begins(refused(put + R"({"scope":"user"}})"), "operations[0].target.user_id: "));
  CHECK(begins(refused(put + R"({"scope":"user","user_id":".."}})"),
               "operations[0].target.user_id: "));
  CHECK(begins(refused(put + R"({"scope":"instance","project_id":"p"}})"),
               "operations[0].target.instance_id: "));
  CHECK(begins(refused(put + R"({"scope":"cloud"},"more":1})"), "operations[0].more: unknown"));
  CHECK(begins(refused(R"({"action":"delete","target":{"scope":"cloud"},"policy":{}})"),
               "operations[0].policy: unknown"));
  CHECK(begins(refused(R"({"action":"put","target":{"scope":"cloud"},"policy":{"deny":["X"]}})"),
               "operations[0].policy.deny[0]: "));
}

TEST_CASE("A revision of an operation is a whole number from 0 on") {
  const std::string remove = R"({"action":"delete","target":{"scope":"cloud"},"if_revision":)";
  CHECK(refused(remove + "0}").empty());
  CHECK(refused(remove + "9223372036854775807}").empty());
  for (const std::string wrong :
       {"-1", "1.5", "null", "\"1\"", "[1]", "9223372036854775808", "1e3"}) {
    INFO(wrong);
    CHECK(begins(refused(remove + wrong + "}"), "operations[0].if_revision: "));
  }
}

TEST_CASE("A body that is not a list of 1 to 1000 operations is refused whole") {
  for (const std::string body :
       {"", "[]", "{}", R"({"operations":{}})", R"({"operations":[]})", R"({"operations":null})",
        R"({"operations":[1],"x":1})", R"({"operations":[1],"operations":[1]})"}) {
    INFO(body);
    CHECK_FALSE(decode_operations(body).ok());
  }
  const auto many = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i) list += list.empty() ? "0" : ",0";
    return decode_operations("{\"operations\":[" + list + "]}");
  };
  CHECK(many(max_operations).ok());
  CHECK_FALSE(many(max_operations + 1).ok());
}

TEST_CASE("Results have what was done, where, and under which number") {
  CHECK(encode_results({{Scope::cloud(), Action::remove, 7}}) ==
        R"({"results":[{"action":"delete","target":{"scope":"cloud"},"revision":7}]})");
}
