// SPDX-License-Identifier: Apache-2.0
// The admin token of a first start, so that there is never a start without identity.
#pragma once

#include <string>

#include "policies/result.h"

namespace console_policy::identity {

struct FirstToken {
  std::string token_file;   // where the token was written
  std::string tokens_yaml;  // where its hash was written
};

// Makes a random admin token: the token itself into <data_dir>/admin.token, the tokens file with
// its hash at `tokens_yaml`, both new and 0600. The token's file comes first, so that a crash
// between the two leaves a state from which the next start makes a fresh pair.
Result<FirstToken> make_first_token(const std::string& data_dir, const std::string& tokens_yaml);

}  // namespace console_policy::identity
