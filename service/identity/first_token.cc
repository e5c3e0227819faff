// SPDX-License-Identifier: Apache-2.0
#include "service/identity/first_token.h"

#include <cstdio>

#include "service/identity/static_identity.h"
#include "service/platform/private_file.h"
#include "service/platform/random.h"

namespace console_policy::identity {

Result<FirstToken> make_first_token(const std::string& data_dir, const std::string& tokens_yaml) {
  if (platform::file_exists(tokens_yaml))
    return invalid_request(tokens_yaml + ": is there already");
  const std::string token = platform::random_token();
  const std::string token_file = data_dir + "/admin.token";
  // Without a tokens file no token is good, so one that lies here is of an unfinished first start.
  std::remove(token_file.c_str());
  Status status = platform::write_private_file(token_file, token + "\n");
  if (!status.ok()) return std::move(status).error();
  const std::string yaml =
      "# Who may call, by the SHA-256 of each token (printf %s \"$token\" | sha256sum).\n"
      "# examples/tokens.yaml explains every field. Read at start.\n"
      "tokens:\n"
      "  - sha256: " +
      hex(sha256(token)) +
      "\n"
      "    user_id: admin\n"
      "    project_id: admin\n"
      "    project_domain_id: default\n"
      "    roles: [admin]\n";
  status = platform::write_private_file(tokens_yaml, yaml);
  if (!status.ok()) return std::move(status).error();
  return FirstToken{token_file, tokens_yaml};
}

}  // namespace console_policy::identity
