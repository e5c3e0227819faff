// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "service/config/load.h"
#include "service/platform/time_text.h"

namespace console_policy::config {
namespace {

const std::string hash_a(64, 'a');
const std::string hash_b = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string refused(const std::string& text) {
  const Result<std::vector<StaticToken>> tokens = parse_tokens("t.yaml", text);
  return tokens.ok() ? "" : tokens.error().message;
}

// A list with one token that has these further lines.
std::string token_with(const std::string& lines) {
  return "tokens:\n  - sha256: " + hash_a + "\n    user_id: u\n" + lines;
}

}  // namespace

TEST_CASE("tokens are read with every field") {
  const Result<std::vector<StaticToken>> tokens =
      parse_tokens("t.yaml", "tokens:\n  - sha256: " + hash_a +
                                 "\n    user_id: horizon\n    project_id: service\n"
                                 "    project_domain_id: default\n    roles: [service, reader]\n"
                                 "    expires_at: 2030-01-02T03:04:05Z\n  - sha256: " +
                                 hash_b + "\n    user_id: nobody\n    roles: []\n");
  REQUIRE(tokens.ok());
  REQUIRE(tokens.value().size() == 2);
  const StaticToken& first = tokens.value()[0];
  CHECK(first.sha256 == hash_a);
  CHECK(first.user_id == "horizon");
  CHECK(first.project_id == "service");
  CHECK(first.project_domain_id == "default");
  CHECK(first.roles == std::vector<std::string>{"service", "reader"});
  REQUIRE(first.expires_at.has_value());
  CHECK(platform::format_time(*first.expires_at) == "2030-01-02T03:04:05.000000Z");
  const StaticToken& second = tokens.value()[1];
  CHECK(second.sha256 == hash_b);
  CHECK(!second.project_id.has_value());
  CHECK(!second.project_domain_id.has_value());
  CHECK(second.roles.empty());
  CHECK(!second.expires_at.has_value());
}

TEST_CASE("a list without tokens and an expiry in the past are taken") {
  const Result<std::vector<StaticToken>> none = parse_tokens("t.yaml", "tokens: []\n");
  REQUIRE(none.ok());
  CHECK(none.value().empty());
  CHECK(refused(token_with("    roles: []\n    expires_at: 2001-01-01T00:00:00Z\n")) == "");
}

TEST_CASE("what is missing from a tokens file is named") {
  CHECK(refused("") == "t.yaml:1:1: expected a mapping, found nothing");
  CHECK(refused("{}\n") == "t.yaml:1:1: tokens is missing");
  CHECK(refused("tokens:\n") == "t.yaml:1:1: tokens: expected a list, found nothing");
  CHECK(refused("tokens:\n  - user_id: u\n    roles: []\n") ==
        "t.yaml:2:5: tokens[0]: sha256 is missing");
  CHECK(refused("tokens:\n  - sha256: " + hash_a + "\n    roles: []\n") ==
        "t.yaml:2:5: tokens[0]: user_id is missing");
  CHECK(refused(token_with("")) == "t.yaml:2:5: tokens[0]: roles is missing");
  CHECK(refused(token_with("    roles: []\n    project_id: p\n")) ==
        "t.yaml:2:5: tokens[0]: project_id and project_domain_id go together; project_domain_id is "
        "missing");
  CHECK(
      refused(token_with("    roles: []\n    project_domain_id: d\n")) ==
      "t.yaml:2:5: tokens[0]: project_id and project_domain_id go together; project_id is missing");
}

TEST_CASE("a hash of another form is refused and never shown") {
  const std::string why =
      "t.yaml:2:13: tokens[0].sha256: expected 64 lower-case hexadecimal digits: the SHA-256 of "
      "the "
      "token";
  for (const std::string& bad :
       {std::string("my-secret-token"), std::string(63, 'a'), std::string(65, 'a'),
        std::string(64, 'A'), std::string(64, 'g')}) {
    INFO(bad);
    CHECK(refused("tokens:\n  - sha256: " + bad + "\n    user_id: u\n    roles: []\n") == why);
  }
  CHECK(refused("tokens:\n  - sha256: " + std::string(64, '1') + "\n") ==
        "t.yaml:2:13: tokens[0].sha256: expected text (put it in quotes), found a number");
}

TEST_CASE("the hash of a token stands once in a tokens file") {
  const std::string second = "  - sha256: " + hash_a + "\n    user_id: v\n    roles: []\n";
  CHECK(refused(token_with("    roles: []\n") + second) ==
        "t.yaml:5:5: tokens[1]: the sha256 of another token in this list");
}

TEST_CASE("fields of a token with a wrong value are refused at their place") {
  const std::string with_roles = "    roles: []\n";
  CHECK(refused("tokens:\n  - sha256: " + hash_a + "\n    user_id: '..'\n")
            .rfind("t.yaml:3:14: tokens[0].user_id: ", 0) == 0);
  CHECK(refused("tokens:\n  - sha256: " + hash_a + "\n    user_id: 12\n") ==
        "t.yaml:3:14: tokens[0].user_id: expected text (put it in quotes), found a number");
  CHECK(refused(token_with("    project_id: '..'\n"))
            .rfind("t.yaml:4:17: tokens[0].project_id: ", 0) == 0);
  CHECK(refused(token_with("    project_domain_id: '..'\n"))
            .rfind("t.yaml:4:24: tokens[0].project_domain_id: ", 0) == 0);
  CHECK(refused(token_with("    roles: admin\n")) ==
        "t.yaml:4:12: tokens[0].roles: expected a list, found text");
  CHECK(refused(token_with("    roles: [admin, '']\n")) ==
        "t.yaml:4:20: tokens[0].roles[1]: is empty");
  CHECK(refused(token_with("    roles: [admin, admin]\n")) ==
        "t.yaml:4:20: tokens[0].roles[1]: the same role twice");
  CHECK(refused(token_with("    roles: [" + std::string(256, 'r') + "]\n")) ==
        "t.yaml:4:13: tokens[0].roles[0]: longer than 255 bytes");
  CHECK(refused(token_with(with_roles + "    expires_at: tomorrow\n"))
            .rfind("t.yaml:5:17: tokens[0].expires_at: ", 0) == 0);
  CHECK(refused(token_with(with_roles + "    expires_at: 2030-02-30T00:00:00Z\n"))
            .rfind("t.yaml:5:17: tokens[0].expires_at: ", 0) == 0);
  CHECK(refused(token_with(with_roles + "    token: x\n")) ==
        "t.yaml:5:5: tokens[0].token: unknown key; known here: sha256, user_id, project_id, "
        "project_domain_id, roles, expires_at");
  CHECK(refused("tokens:\n  - x\n") == "t.yaml:2:5: tokens[0]: expected a mapping, found text");
}

TEST_CASE("more tokens or roles than the bound are refused") {
  std::string tokens = "tokens:\n";
  for (std::size_t i = 0; i <= max_static_tokens; ++i) {
    std::string digits = std::to_string(i);
    tokens += "  - {sha256: f" + std::string(63 - digits.size(), '0') + digits +
              ", user_id: u, roles: []}\n";
  }
  CHECK(refused(tokens) == "t.yaml:2:3: tokens: more than 1000 tokens");
  CHECK(refused(tokens.substr(0, tokens.rfind("  - "))) == "");

  std::string roles;
  for (std::size_t i = 0; i < max_roles; ++i) roles += "r" + std::to_string(i) + ", ";
  CHECK(refused(token_with("    roles: [" + roles + "]\n")) == "");
  const std::string message = refused(token_with("    roles: [" + roles + "one_more]\n"));
  CHECK(message.find("tokens[0].roles[64]: more than 64 roles") != std::string::npos);
}

}  // namespace console_policy::config
