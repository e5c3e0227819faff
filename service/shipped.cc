// SPDX-License-Identifier: Apache-2.0
#include "service/shipped.h"

#include <cstdio>
#include <string>

#include "embedded/shipped_policies.h"
#include "service/api/routes.h"
#include "service/config/load.h"
#include "service/identity/first_token.h"
#include "service/platform/private_file.h"

namespace console_policy {
namespace {

using config::NamedText;

Result<NamedText> configured_or_shipped(const std::optional<std::string>& path,
                                        const embedded::File& shipped) {
  if (!path.has_value()) return NamedText{std::string(shipped.name), std::string(shipped.text)};
  Result<std::string> text = config::read_file(*path);
  if (!text.ok()) return std::move(text).error();
  return NamedText{*path, std::move(text).value()};
}

bool awaits_first_start(const config::Config& settings) {
  const std::string& path = settings.static_identity.tokens_file;
  return path == settings.data_dir + "/tokens.yaml" && !platform::file_exists(path);
}

}  // namespace

Result<AccessRules> load_access(const config::Config& settings) {
  const embedded::File& embedded = embedded::shipped_policies[0];
  const NamedText shipped{std::string(embedded.name), std::string(embedded.text)};
  NamedText own;
  if (settings.access_file.has_value()) {
    Result<std::string> text = config::read_file(*settings.access_file);
    if (!text.ok()) return std::move(text).error();
    own = NamedText{*settings.access_file, std::move(text).value()};
  }
  Result<AccessRules> rules = config::parse_access(shipped, own);
  if (!rules.ok()) return std::move(rules).error();
  const Status complete = api::check_rules(rules.value());
  if (!complete.ok()) return invalid_request(shipped.name + ": " + complete.error().message);
  return rules;
}

Result<Policies> load_policies(const config::Config& settings) {
  Result<AccessRules> rules = load_access(settings);
  if (!rules.ok()) return std::move(rules).error();
  const embedded::File& shipped_cloud = embedded::shipped_policies[1];
  Result<NamedText> cloud = configured_or_shipped(settings.cloud_default_file, shipped_cloud);
  if (!cloud.ok()) return std::move(cloud).error();
  Result<Policy> policy = config::parse_cloud_default(cloud.value().name, cloud.value().text);
  if (!policy.ok()) return std::move(policy).error();
  return Policies{std::move(rules).value(), std::move(policy).value()};
}

Status ensure_tokens_file(const config::Config& settings) {
  // With Keystone there are callers already: an admin token that never expires is made on request.
  const bool wanted = settings.static_identity.enabled_given || !settings.keystone.has_value();
  if (!wanted || !awaits_first_start(settings)) return Success{};
  return make_admin_token(settings);
}

Status make_admin_token(const config::Config& settings) {
  Result<identity::FirstToken> made =
      identity::make_first_token(settings.data_dir, settings.static_identity.tokens_file);
  if (!made.ok()) return std::move(made).error();
  std::printf("The admin token is in %s (readable by its owner only).\n",
              made.value().token_file.c_str());
  std::fflush(stdout);
  return Success{};
}

Result<std::vector<identity::StaticEntry>> load_tokens(const config::Config& settings) {
  std::vector<identity::StaticEntry> entries;
  if (awaits_first_start(settings)) return entries;
  const std::string& path = settings.static_identity.tokens_file;
  Result<std::string> text = config::read_file(path);
  if (!text.ok()) return std::move(text).error();
  Result<std::vector<config::StaticToken>> tokens = config::parse_tokens(path, text.value());
  if (!tokens.ok()) return std::move(tokens).error();
  for (const config::StaticToken& token : tokens.value()) {
    const std::optional<identity::Sha256> digest = identity::parse_sha256(token.sha256);
    if (!digest.has_value()) return invalid_request(path + ": sha256 is not 64 hexadecimal digits");
    identity::Caller caller;
    caller.user_id = token.user_id;
    caller.project_id = token.project_id;
    caller.project_domain_id = token.project_domain_id;
    caller.roles = token.roles;
    caller.expires_at = token.expires_at;
    entries.push_back({*digest, std::move(caller)});
  }
  return entries;
}

}  // namespace console_policy
