// SPDX-License-Identifier: Apache-2.0
// Reads the configuration: the YAML file, then the environment over it.
//
// Contract: load() with no file and an empty environment gives a Config that runs: loopback, SQLite
// in the
//           data folder, static identity. The default data folder is $STATE_DIRECTORY (set by
//           systemd), else /var/lib/console-policy for root, else $XDG_STATE_HOME/console-policy or
//           ~/.local/state/console-policy.
// Errors:   invalid_request whose message is "FILE:LINE:COLUMN: key: what is wrong" (1-based):
// unknown or repeated
//           key, wrong type, out of range, not YAML, more than one document, aliases or nesting
//           beyond the bounds; for the environment "NAME: what is wrong".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policies/access.h"
#include "policies/policy.h"
#include "policies/result.h"
#include "service/config/config.h"

namespace console_policy::config {

// getenv, or a table in tests; absent and empty are both "not set".
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// CONSOLE_POLICY_DATA_DIR, CONSOLE_POLICY_LISTEN (address:port, [v6]:port),
// CONSOLE_POLICY_STORE_URL, CONSOLE_POLICY_LOG_LEVEL override the file.
Result<Config> load(const std::optional<std::string>& path, const Environment& environment);

// Access rules: one mapping, rule name to check text. `name` stands in messages ("access.yaml").
Result<AccessRules> parse_access(const std::string& name, const std::string& text);

// What the cloud says until an admin stores something: a policy's fields.
Result<Policy> parse_cloud_default(const std::string& name, const std::string& text);

// One entry of the static tokens file.
struct StaticToken {
  std::string sha256;  // 64 lower-case hexadecimal digits: the SHA-256 of the token
  std::string user_id;
  std::optional<std::string> project_id;
  std::optional<std::string> project_domain_id;
  std::vector<std::string> roles;
  std::optional<Timestamp> expires_at;
};
Result<std::vector<StaticToken>> parse_tokens(const std::string& name, const std::string& text);

// Reads a whole file of at most max_file_bytes. Errors: invalid_request "FILE: what is wrong".
inline constexpr std::size_t max_file_bytes = 1024 * 1024;
Result<std::string> read_file(const std::string& path);

}  // namespace console_policy::config
