// SPDX-License-Identifier: Apache-2.0
#include "service/identity/identity.h"

namespace console_policy::identity {

Credentials Caller::credentials() const {
  Credentials credentials;
  credentials.attributes.emplace("user_id", user_id);
  if (project_id.has_value()) credentials.attributes.emplace("project_id", *project_id);
  if (project_domain_id.has_value()) {
    credentials.attributes.emplace("project_domain_id", *project_domain_id);
  }
  credentials.roles = roles;
  return credentials;
}

}  // namespace console_policy::identity
