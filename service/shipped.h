// SPDX-License-Identifier: Apache-2.0
// Access rules, policies and tokens: read from the files that the configuration names, or from what
// ships.
#pragma once

#include <vector>

#include "policies/access.h"
#include "policies/policy.h"
#include "policies/result.h"
#include "service/config/config.h"
#include "service/identity/static_identity.h"

namespace console_policy {

struct Policies {
  AccessRules access;
  Policy cloud_default;
};

// The shipped access rules, and over them those of the configured file.
Result<AccessRules> load_access(const config::Config& settings);

// The access rules, and the cloud's default: the configured file, or the embedded one.
Result<Policies> load_policies(const config::Config& settings);

// Makes the tokens file of the data folder with an admin token, and prints the path of the token's
// file. Errors: invalid_request: the tokens file exists.
Status make_admin_token(const config::Config& settings);

// The same on a first start, unless Keystone is configured and identity.static.enabled is not
// written out. A tokens file that the configuration names elsewhere is never made: it must exist.
Status ensure_tokens_file(const config::Config& settings);

// Empty while the data folder has no tokens file yet.
Result<std::vector<identity::StaticEntry>> load_tokens(const config::Config& settings);

}  // namespace console_policy
