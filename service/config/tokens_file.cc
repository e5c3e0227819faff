// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "policies/id.h"
#include "service/config/load.h"
#include "service/config/yaml_reader.h"
#include "service/platform/time_text.h"

namespace console_policy::config {
namespace {

constexpr std::size_t sha256_digits = 64;

Status read_sha256(const YamlValue& value, std::string& target) {
  Result<std::string> text = value.one_line();
  if (!text.ok()) return std::move(text).error();
  // The text is not shown: it may be the token itself.
  if (text.value().size() != sha256_digits ||
      text.value().find_first_not_of("0123456789abcdef") != std::string::npos) {
    return value.error("expected 64 lower-case hexadecimal digits: the SHA-256 of the token");
  }
  target = std::move(text).value();
  return Success{};
}

// Text is std::string, or an optional of it.
template <class Text>
ReadField id_into(Text& target) {
  return [&target](const YamlValue& value) -> Status {
    Result<std::string> text = value.one_line();
    if (!text.ok()) return std::move(text).error();
    Status status = check_keystone_id(text.value());
    if (!status.ok()) return value.error(status.error().message);
    target = std::move(text).value();
    return Success{};
  };
}

Status read_roles(const YamlValue& value, std::vector<std::string>& roles) {
  Result<std::vector<YamlValue>> elements = value.list();
  if (!elements.ok()) return std::move(elements).error();
  for (const YamlValue& element : elements.value()) {
    Result<std::string> role = element.one_line();
    if (!role.ok()) return std::move(role).error();
    if (role.value().size() > max_role_bytes) {
      return element.error("longer than " + std::to_string(max_role_bytes) + " bytes");
    }
    if (std::find(roles.begin(), roles.end(), role.value()) != roles.end()) {
      return element.error("the same role twice");
    }
    roles.push_back(std::move(role).value());
    if (roles.size() > max_roles) {
      return element.error("more than " + std::to_string(max_roles) + " roles");
    }
  }
  return Success{};
}

Status read_expiry(const YamlValue& value, std::optional<Timestamp>& target) {
  Result<std::string> text = value.one_line();
  if (!text.ok()) return std::move(text).error();
  Result<Timestamp> time = platform::parse_time(text.value());
  if (!time.ok()) return value.error(time.error().message);
  target = time.value();
  return Success{};
}

Result<StaticToken> read_token(const YamlValue& value) {
  StaticToken token;
  Status status = value.fields({
      {"sha256", [&](const YamlValue& text) { return read_sha256(text, token.sha256); },
       Presence::required},
      {"user_id", id_into(token.user_id), Presence::required},
      {"project_id", id_into(token.project_id)},
      {"project_domain_id", id_into(token.project_domain_id)},
      {"roles", [&](const YamlValue& roles) { return read_roles(roles, token.roles); },
       Presence::required},
      {"expires_at", [&](const YamlValue& time) { return read_expiry(time, token.expires_at); }},
  });
  if (!status.ok()) return std::move(status).error();
  // A project without its domain would escape what the domain denies.
  if (token.project_id.has_value() != token.project_domain_id.has_value()) {
    return value.error("project_id and project_domain_id go together; " +
                       std::string(token.project_id ? "project_domain_id" : "project_id") +
                       " is missing");
  }
  return token;
}

Status read_tokens(const YamlValue& value, std::vector<StaticToken>& tokens) {
  Result<std::vector<YamlValue>> elements = value.list();
  if (!elements.ok()) return std::move(elements).error();
  if (elements.value().size() > max_static_tokens) {
    return value.error("more than " + std::to_string(max_static_tokens) + " tokens");
  }
  std::set<std::string> seen;
  for (const YamlValue& element : elements.value()) {
    Result<StaticToken> token = read_token(element);
    if (!token.ok()) return std::move(token).error();
    if (!seen.insert(token.value().sha256).second) {
      return element.error("the sha256 of another token in this list");
    }
    tokens.push_back(std::move(token).value());
  }
  return Success{};
}

}  // namespace

Result<std::vector<StaticToken>> parse_tokens(const std::string& name, const std::string& text) {
  Result<Document> document = parse_yaml(name, text);
  if (!document.ok()) return std::move(document).error();
  std::vector<StaticToken> tokens;
  Status status =
      YamlValue::root(document.value())
          .fields({{"tokens", [&](const YamlValue& value) { return read_tokens(value, tokens); },
                    Presence::required}});
  if (!status.ok()) return std::move(status).error();
  return tokens;
}

}  // namespace console_policy::config
