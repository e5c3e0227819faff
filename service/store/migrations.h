// SPDX-License-Identifier: Apache-2.0
// Brings a database's schema up to this program's.
//
// Contract: each migration is one transaction with its row in schema_version, so a database is at a
//           version or at the next, never between. Programs that start at once on one database wait
//           for each other. A database that is refused is left as it was.
// Errors:   invalid_request: newer than this program, or not ours; the message names the file.
//           Lets soci::soci_error through.
// Threads:  as the session: one at a time.
// Source:   schema/migrations/README.md
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policies/result.h"
#include "service/store/session.h"

namespace console_policy::store {

struct Migration {
  long long version{0};   // 1, 2, 3, …
  std::string_view name;  // of its file
  std::string_view sql;   // with ${TABLE_OPTIONS} where a table ends
};

// The ones compiled into this program, in order.
std::vector<Migration> embedded_migrations();

// `path` is for messages. Gives up on another program's lock at `deadline`.
Status migrate(Session& session, const std::string& path, const std::vector<Migration>& migrations,
               Deadline deadline);

}  // namespace console_policy::store
