// SPDX-License-Identifier: Apache-2.0
// The store's URL, as SQLAlchemy writes it: "sqlite:///relative/path", "sqlite:////absolute/path".
//
// Contract: the path is taken as it stands: no %xx, no options after "?".
// Errors:   invalid_request with what is wrong and an example; a URL of another database than
// SQLite
//           is never quoted, because it may hold a password.
// Threads:  a free function on values.
#pragma once

#include <string>
#include <string_view>

#include "policies/result.h"

namespace console_policy::store {

struct SqliteUrl {
  std::string path;  // as written: absolute, or relative to the working directory
};

Result<SqliteUrl> parse_store_url(std::string_view url);

}  // namespace console_policy::store
