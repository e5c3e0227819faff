// SPDX-License-Identifier: Apache-2.0
#include "service/identity/identity.h"

namespace console_policy::identity {

Credentials Caller::credentials() const {
  constexpr std::size_t most_attributes = 7;
  Credentials credentials;
  credentials.attributes.reserve(most_attributes);
  credentials.attributes.push_back({"user_id", user_id});
  const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value.has_value()) credentials.attributes.push_back({name, *value});
  };
  add("user_domain_id", user_domain_id);
  add("project_id", project_id);
  add("project_domain_id", project_domain_id);
  add("domain_id", domain_id);
  add("system_scope", system_scope);
  add("client_name", client_name);
  credentials.roles.assign(roles.begin(), roles.end());
  return credentials;
}

}  // namespace console_policy::identity
