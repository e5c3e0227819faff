// SPDX-License-Identifier: Apache-2.0
#include "service/config/identity_section.h"

#include <utility>

namespace console_policy::config {
namespace {

constexpr std::chrono::milliseconds shortest{100};
constexpr std::chrono::minutes longest_question{1};
constexpr std::chrono::minutes longest_belief{60};

ReadField url_into(std::string& target) {
  return [&target](const YamlValue& value) -> Status {
    Result<std::string> text = value.one_line();
    if (!text.ok()) return std::move(text).error();
    Result<std::string> url = parse_http_url(text.value());
    if (!url.ok()) return value.error(url.error().message);
    target = std::move(url).value();
    return Success{};
  };
}

// cpprestsdk's client looks a literal up as if it were a name, and does not find it.
ReadField named_url_into(std::string& target) {
  return [&target](const YamlValue& value) -> Status {
    Status status = url_into(target)(value);
    if (status.ok() && target.find('[') != std::string::npos) {
      return value.error("an IPv6 address cannot be asked; give a name that resolves to it");
    }
    return status;
  };
}

// The version is a part of every path that is asked for.
void add_version(std::string& auth_url) {
  constexpr std::string_view version = "/v3";
  const bool there =
      auth_url.size() > version.size() &&
      auth_url.compare(auth_url.size() - version.size(), version.size(), version) == 0;
  if (!there) auth_url += version;
}

Status check_whole(const YamlValue& value, const identity::KeystoneOptions& options) {
  const bool password =
      !options.username.empty() || !options.password_file.empty() || !options.project_name.empty();
  const bool credential = !options.application_credential_id.empty() ||
                          !options.application_credential_secret_file.empty();
  if (password == credential) {
    return value.error(
        "expected either username, password_file and project_name, or application_credential_id "
        "and application_credential_secret_file");
  }
  const std::pair<const char*, const std::string*> needed[] = {
      {"username", &options.username},
      {"password_file", &options.password_file},
      {"project_name", &options.project_name},
      {"application_credential_id", &options.application_credential_id},
      {"application_credential_secret_file", &options.application_credential_secret_file}};
  constexpr int of_password = 3;
  int index = 0;
  for (const auto& [name, text] : needed) {
    const bool wanted = (index++ < of_password) == password;
    if (wanted && text->empty()) return value.error(std::string(name) + " is missing");
  }
  return Success{};
}

Status read_keystone(const YamlValue& value, const std::string& folder, Config& config) {
  identity::KeystoneOptions options;
  Status status = value.fields({
      {"auth_url", named_url_into(options.auth_url), Presence::required},
      {"www_authenticate_uri", url_into(options.www_authenticate_uri)},
      {"username", one_line_into(options.username)},
      {"password_file", path_into(options.password_file, folder)},
      {"user_domain_name", one_line_into(options.user_domain_name)},
      {"project_name", one_line_into(options.project_name)},
      {"project_domain_name", one_line_into(options.project_domain_name)},
      {"application_credential_id", one_line_into(options.application_credential_id)},
      {"application_credential_secret_file",
       path_into(options.application_credential_secret_file, folder)},
      {"cafile", path_into(options.cafile, folder)},
      {"timeout_seconds", seconds_into(options.timeout, shortest, longest_question)},
      {"token_cache_seconds", seconds_into(options.token_cache, shortest, longest_belief)},
      {"max_cached_tokens",
       whole_number_into<std::size_t>(options.max_cached_tokens, 1, 1'000'000)},
      {"max_validations", whole_number_into<std::size_t>(options.max_validations, 1, 1000)},
  });
  if (!status.ok()) return status;
  status = check_whole(value, options);
  if (!status.ok()) return status;
  add_version(options.auth_url);
  config.keystone = std::move(options);
  return Success{};
}

Status read_static(const YamlValue& value, const std::string& folder, StaticIdentity& options) {
  return value.fields({{"enabled",
                        [&](const YamlValue& enabled) -> Status {
                          Result<bool> truth = enabled.truth();
                          if (!truth.ok()) return std::move(truth).error();
                          options.enabled = truth.value();
                          options.enabled_given = true;
                          return Success{};
                        }},
                       {"tokens_file", path_into(options.tokens_file, folder)}});
}

}  // namespace

Status read_identity(const YamlValue& value, const std::string& folder, Config& config) {
  Status status = value.fields({{"static",
                                 [&](const YamlValue& section) {
                                   return read_static(section, folder, config.static_identity);
                                 }},
                                {"keystone", [&](const YamlValue& section) {
                                   return read_keystone(section, folder, config);
                                 }}});
  if (!status.ok()) return status;
  if (!config.static_identity.enabled && !config.keystone.has_value()) {
    return value.error("static is switched off and there is no keystone: nobody could call");
  }
  return Success{};
}

}  // namespace console_policy::config
