// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_token.h"

#include <catch2/catch.hpp>

#include "service/platform/time_text.h"

using namespace console_policy;
using namespace console_policy::identity;

namespace {

const std::string user =
    R"("user":{"id":"u1","name":"alice","domain":{"id":"default","name":"Default"}})";
const std::string expires = R"("expires_at":"2026-12-01T10:20:30.000000Z")";
const std::string project =
    R"("project":{"id":"p1","name":"demo","domain":{"id":"acme","name":"acme"}})";

std::string token(const std::string& members) {
  return R"({"token":{)" + members + "}}";
}

std::string why_not(const std::string& body) {
  const Result<Caller> caller = parse_token(body);
  if (caller.ok()) return "it was taken";
  CHECK(caller.error().code == ErrorCode::unavailable);
  return caller.error().internal;
}

}  // namespace

TEST_CASE("A project's token gives user, project, their domains, roles and expiry") {
  const Result<Caller> caller = parse_token(
      token(user + "," + expires + "," + project +
            R"(,"roles":[{"id":"1","name":"member"},{"id":"2","name":"reader"}],"catalog":[])"));
  REQUIRE(caller.ok());
  CHECK(caller.value().user_id == "u1");
  CHECK(caller.value().user_domain_id == "default");
  CHECK(caller.value().project_id == "p1");
  CHECK(caller.value().project_domain_id == "acme");
  CHECK_FALSE(caller.value().domain_id.has_value());
  CHECK_FALSE(caller.value().system_scope.has_value());
  CHECK(caller.value().roles == std::vector<std::string>{"member", "reader"});
  CHECK_FALSE(caller.value().may_state_domain);
  CHECK(caller.value().application_rules == nullptr);
  CHECK(platform::format_time(*caller.value().expires_at) == "2026-12-01T10:20:30.000000Z");
}

TEST_CASE("Tokens of a domain, of the system and of nothing have their own scope only") {
  const Result<Caller> domain =
      parse_token(token(user + "," + expires + R"(,"domain":{"id":"acme","name":"acme"})"));
  REQUIRE(domain.ok());
  CHECK(domain.value().credentials().attributes ==
        Attributes{{"user_id", "u1"}, {"user_domain_id", "default"}, {"domain_id", "acme"}});
  const Result<Caller> system =
      parse_token(token(user + "," + expires + R"(,"system":{"all":true})"));
  REQUIRE(system.ok());
  CHECK(system.value().credentials().attributes ==
        Attributes{{"user_id", "u1"}, {"user_domain_id", "default"}, {"system_scope", "all"}});
  const Result<Caller> unscoped = parse_token(token(user + "," + expires));
  REQUIRE(unscoped.ok());
  CHECK(unscoped.value().credentials().attributes.size() == 2);
  CHECK(unscoped.value().roles.empty());
}

TEST_CASE("An application credential's rules are read, and no rule is not the same as none") {
  const auto with = [](const std::string& credential) {
    return parse_token(
        token(user + "," + expires + "," + project + R"(,"application_credential":)" + credential));
  };
  const Result<Caller> ruled = with(
      R"({"id":"c","access_rules":[{"id":"1","service":"console-policy","method":"GET","path":"/v1/*"}]})");
  REQUIRE(ruled.ok());
  REQUIRE(ruled.value().application_rules != nullptr);
  CHECK(ruled.value().application_rules->at(0).path == "/v1/*");
  CHECK(with(R"({"id":"c","access_rules":[]})").value().application_rules->empty());
  CHECK(with(R"({"id":"c","restricted":true})").value().application_rules == nullptr);
  CHECK(why_not(token(user + "," + expires +
                      R"(,"application_credential":{"access_rules":[{"method":"GET"}]})")) ==
        "unexpected answer of Keystone: access_rules[].service is not a text");
}

TEST_CASE("A document without a needed field gives no caller, and the error names the field") {
  const std::string before = "unexpected answer of Keystone: ";
  CHECK(why_not("") == before + "not JSON");
  CHECK(why_not("<html>502</html>") == before + "not JSON");
  CHECK(why_not("\xff") == before + "not JSON");
  CHECK(why_not(R"({"token":"\ud83d\uade0"})") == before + "not JSON");
  CHECK(why_not(std::string(5000, '[')) == before + "not JSON");
  CHECK(why_not("[]") == before + "token.user.id is not a text");
  CHECK(why_not(R"({"token":7})") == before + "token.user.id is not a text");
  const Result<Caller> odd = parse_token(token(R"("user":{"id":"a\u0001b"})"));
  REQUIRE_FALSE(odd.ok());
  CHECK(odd.error().code == ErrorCode::unauthenticated);
  CHECK(odd.error().internal == "token.user.id: byte 2 of the id is a control character");
  CHECK(why_not(token(R"("user":{"id":"u1"},)" + expires)) ==
        before + "token.user.domain.id is not a text");
  CHECK(why_not(token(user)) == before + "token.expires_at is not a text");
  CHECK(why_not(token(user + R"(,"expires_at":"soon")")) ==
        before + "token.expires_at is not a time");
  CHECK(why_not(token(user + "," + expires + R"(,"project":{"id":"p1"})")) ==
        before + "token.project.domain.id is not a text");
  CHECK(why_not(token(user + "," + expires + "," + project + R"(,"system":{"all":true})")) ==
        before + "a token of several scopes");
  CHECK(why_not(token(user + "," + expires + R"(,"system":{"all":"yes"})")) ==
        before + "token.system.all is not true");
  CHECK(why_not(token(user + "," + expires + R"(,"roles":"admin")")) ==
        before + "token.roles is not a list");
  CHECK(why_not(token(user + "," + expires + R"(,"roles":["admin"])")) ==
        before + "token.roles[].name is not a text");
}

TEST_CASE("A project's domain and the service's expiry are read as strictly") {
  CHECK(parse_project_domain(R"({"project":{"id":"p","domain_id":"acme"}})").value() == "acme");
  CHECK_FALSE(parse_project_domain(R"({"project":{"id":"p","domain_id":null}})").ok());
  CHECK_FALSE(parse_project_domain("{}").ok());
  CHECK(parse_expiry(token(expires)).ok());
  CHECK_FALSE(parse_expiry("{}").ok());
}

TEST_CASE("Keystone's own 404 differs from a proxy's") {
  CHECK(is_keystone_error(R"({"error":{"code":404,"message":"m","title":"Not Found"}})", 404));
  CHECK_FALSE(is_keystone_error(R"({"error":{"code":403}})", 404));
  CHECK_FALSE(is_keystone_error("<html>404</html>", 404));
  CHECK_FALSE(is_keystone_error(R"({"error":"no"})", 404));
}

TEST_CASE("The service presents itself by a password in a project, or by a credential alone") {
  KeystoneOptions password;
  password.username = "svc";
  password.project_name = "service";
  CHECK(
      own_token_request(password, "se\"cret") ==
      R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"Default"},)"
      R"("name":"svc","password":"se\"cret"}}},"scope":{"project":{"domain":{"name":"Default"},)"
      R"("name":"service"}}}})");
  KeystoneOptions credential;
  credential.application_credential_id = "id1";
  CHECK(own_token_request(credential, "s") ==
        R"({"auth":{"identity":{"application_credential":{"id":"id1","secret":"s"},)"
        R"("methods":["application_credential"]}}})");
}
