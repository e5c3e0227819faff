// SPDX-License-Identifier: Apache-2.0
// Reads the configuration: the YAML file, then the environment over it; and the other YAML files.
//
// Contract: load() with no file, or an empty one, and an empty environment gives a Config that
//           runs: loopback, SQLite in the data folder, static identity. The default data folder is
//           $STATE_DIRECTORY (set by systemd; the first of several), else /var/lib/console-policy
//           for root, else $XDG_STATE_HOME/console-policy or ~/.local/state/console-policy.
//           Paths in a Config are absolute: relative ones are taken from the folder of the file,
//           or from the working directory when they come from the environment. Nothing but the
//           configuration file itself is opened; whether store.url is one that the store can use,
//           store/store_url.h describes.
// Bounds:   max_file_bytes.
// Errors:   invalid_request whose message is "FILE:LINE:COLUMN: key: what is wrong" (1-based, the
//           column in characters): unknown or repeated key, wrong type, out of range, not YAML,
//           more than one document, aliases, anchors, tags, nesting beyond the bound; for the
//           environment "NAME: what is wrong". Settings and hashes are not shown in messages, keys
//           and numbers are.
// Threads:  safe for concurrent use, as far as the Environment is.
#pragma once

#include <cstddef>
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
// CONSOLE_POLICY_STORE_URL, CONSOLE_POLICY_STORE_PASSWORD_FILE, CONSOLE_POLICY_LOG_LEVEL override
// the file.
Result<Config> load(const std::optional<std::string>& path, const Environment& environment);

// Access rules: one mapping, rule name to check text, at least one. `name` stands in messages
// ("access.yaml").
//
// With `own`, its rules go over those of the same name; it may define others for its rules to refer
// to, and may be empty. A name with a colon guards an operation: one that `shipped` does not have
// is refused.
inline constexpr std::size_t max_access_rules = 1000;
struct NamedText {
  std::string name;
  std::string text;
};
Result<AccessRules> parse_access(const std::string& name, const std::string& text);
Result<AccessRules> parse_access(const NamedText& shipped, const NamedText& own);

// The policy of the cloud until an administrator stores one: prefer, deny and reason of a policy,
// such that check_policy() lets it stand at the cloud scope.
Result<Policy> parse_cloud_default(const std::string& name, const std::string& text);

// One entry of the static tokens file. sha256, user_id and roles have to be there; project_id and
// project_domain_id only together: a project without its domain would escape what the domain
// denies. An expiry may be past.
struct StaticToken {
  std::string sha256;   // 64 lower-case hexadecimal digits: the SHA-256 of the token
  std::string user_id;  // this and the next two: check_keystone_id() holds
  std::optional<std::string> project_id;
  std::optional<std::string> project_domain_id;
  std::vector<std::string> roles;  // may be empty; none twice
  std::optional<Timestamp> expires_at;
};
inline constexpr std::size_t max_static_tokens = 1000;
inline constexpr std::size_t max_roles = 64;        // of one token
inline constexpr std::size_t max_role_bytes = 255;  // as in Keystone
Result<std::vector<StaticToken>> parse_tokens(const std::string& name, const std::string& text);

// Reads a whole regular file of at most max_file_bytes; never waits for a pipe. Errors:
// invalid_request "FILE: what is wrong".
inline constexpr std::size_t max_file_bytes = 1024UL * 1024;
Result<std::string> read_file(const std::string& path);

// A secret in a file of its own: one line, without its end. A file that its group or others may
// read or write is refused; one whose access list gives a right to this process' user alone is
// taken, as systemd's LoadCredential= makes them.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace console_policy::config
