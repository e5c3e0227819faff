// SPDX-License-Identifier: Apache-2.0
#include "service/identity/keystone_token.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "policies/id.h"
#include "service/platform/time_text.h"

namespace console_policy::identity {
namespace {

using Json = nlohmann::json;

Error unexpected(const std::string& what) {
  return Error{ErrorCode::unavailable, "The Keystone service is temporarily unavailable.",
               "unexpected answer of Keystone: " + what};
}

Result<Json> parse(const std::string& body) {
  Json document = Json::parse(body, nullptr, false);
  if (document.is_discarded()) return unexpected("not JSON");
  return document;
}

// The member of an object; null if `from` is no object, has no such member, or has a null there.
const Json& member(const Json& from, const char* name) {
  static const Json none;
  const auto found = from.find(name);
  return found == from.end() ? none : *found;
}

Result<std::string> text_at(const Json& from, const char* name, const std::string& path) {
  const Json& text = member(from, name);
  if (!text.is_string()) return unexpected(path + " is not a text");
  return text.get<std::string>();
}

// An id that this service cannot use concerns its owner alone: it is no outage of Keystone.
Error unusable_id(const std::string& path, const std::string& why) {
  return Error{ErrorCode::unauthenticated, "The request you have made requires authentication.",
               path + ": " + why};
}

Result<std::string> id_at(const Json& from, const char* name, const std::string& path) {
  Result<std::string> id = text_at(from, name, path);
  if (!id.ok()) return id;
  Status usable = check_keystone_id(id.value());
  if (!usable.ok()) return unusable_id(path, usable.error().message);
  return id;
}

Status read_id(const Json& from, const std::string& path, std::optional<std::string>& target) {
  Result<std::string> id = id_at(from, "id", path + ".id");
  if (!id.ok()) return std::move(id).error();
  target = std::move(id).value();
  return Success{};
}

Result<Timestamp> expiry_of(const Json& token) {
  Result<std::string> text = text_at(token, "expires_at", "token.expires_at");
  if (!text.ok()) return std::move(text).error();
  Result<Timestamp> time = platform::parse_time(text.value());
  if (!time.ok()) return unexpected("token.expires_at is not a time");
  return time;
}

Status read_user(const Json& user, Caller& caller) {
  Result<std::string> id = id_at(user, "id", "token.user.id");
  if (!id.ok()) return std::move(id).error();
  caller.user_id = std::move(id).value();
  return read_id(member(user, "domain"), "token.user.domain", caller.user_domain_id);
}

Status read_scope(const Json& token, Caller& caller) {
  const Json& project = member(token, "project");
  const Json& domain = member(token, "domain");
  const Json& system = member(token, "system");
  const int scopes = static_cast<int>(!project.is_null()) + static_cast<int>(!domain.is_null()) +
                     static_cast<int>(!system.is_null());
  if (scopes > 1) return unexpected("a token of several scopes");
  if (!domain.is_null()) return read_id(domain, "token.domain", caller.domain_id);
  if (!system.is_null()) {
    const Json& all = member(system, "all");
    if (!all.is_boolean() || !all.get<bool>()) return unexpected("token.system.all is not true");
    caller.system_scope = "all";
  }
  if (project.is_null()) return Success{};
  Status status = read_id(project, "token.project", caller.project_id);
  if (!status.ok()) return status;
  return read_id(member(project, "domain"), "token.project.domain", caller.project_domain_id);
}

Status read_roles(const Json& token, Caller& caller) {
  const Json& roles = member(token, "roles");
  if (roles.is_null()) return Success{};  // an unscoped token has none
  if (!roles.is_array()) return unexpected("token.roles is not a list");
  for (const Json& role : roles) {
    Result<std::string> name = text_at(role, "name", "token.roles[].name");
    if (!name.ok()) return std::move(name).error();
    caller.roles.push_back(std::move(name).value());
  }
  return Success{};
}

Status read_application_rules(const Json& token, Caller& caller) {
  const Json& rules = member(member(token, "application_credential"), "access_rules");
  if (rules.is_null()) return Success{};
  if (!rules.is_array()) return unexpected("access_rules is not a list");
  std::vector<ApplicationRule> read;
  for (const Json& rule : rules) {
    Result<std::string> service = text_at(rule, "service", "access_rules[].service");
    Result<std::string> method = text_at(rule, "method", "access_rules[].method");
    Result<std::string> path = text_at(rule, "path", "access_rules[].path");
    for (const Result<std::string>* part : {&service, &method, &path}) {
      if (!part->ok()) return part->error();
    }
    read.push_back({service.value(), method.value(), path.value()});
  }
  caller.application_rules = std::make_shared<const std::vector<ApplicationRule>>(std::move(read));
  return Success{};
}

Json named_in_domain(const std::string& name, const std::string& domain) {
  return {{"name", name}, {"domain", {{"name", domain}}}};
}

}  // namespace

Result<Caller> parse_token(const std::string& body) {
  Result<Json> document = parse(body);
  if (!document.ok()) return std::move(document).error();
  const Json& token = member(document.value(), "token");
  Caller caller;
  for (Status status : {read_user(member(token, "user"), caller), read_scope(token, caller),
                        read_roles(token, caller), read_application_rules(token, caller)}) {
    if (!status.ok()) return std::move(status).error();
  }
  Result<Timestamp> expires_at = expiry_of(token);
  if (!expires_at.ok()) return std::move(expires_at).error();
  caller.expires_at = expires_at.value();
  return caller;
}

Result<Timestamp> parse_expiry(const std::string& body) {
  Result<Json> document = parse(body);
  if (!document.ok()) return std::move(document).error();
  return expiry_of(member(document.value(), "token"));
}

Result<std::string> parse_project_domain(const std::string& body) {
  Result<Json> document = parse(body);
  if (!document.ok()) return std::move(document).error();
  return id_at(member(document.value(), "project"), "domain_id", "project.domain_id");
}

bool is_keystone_error(const std::string& body, int status) {
  const Result<Json> document = parse(body);
  if (!document.ok()) return false;
  const Json& code = member(member(document.value(), "error"), "code");
  return code.is_number_integer() && code == status;
}

std::string own_token_request(const KeystoneOptions& options, const std::string& secret) {
  Json auth;
  if (options.application_credential_id.empty()) {
    Json user = named_in_domain(options.username, options.user_domain_name);
    user["password"] = secret;
    auth["identity"]["methods"] = Json::array({"password"});
    auth["identity"]["password"]["user"] = std::move(user);
    auth["scope"]["project"] = named_in_domain(options.project_name, options.project_domain_name);
  } else {
    auth["identity"]["methods"] = Json::array({"application_credential"});
    auth["identity"]["application_credential"] = {{"id", options.application_credential_id},
                                                  {"secret", secret}};
  }
  Json document;
  document["auth"] = std::move(auth);
  // A secret that is not UTF-8 is none that Keystone knows; it must not end the program.
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace console_policy::identity
