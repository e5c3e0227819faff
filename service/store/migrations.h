// SPDX-License-Identifier: Apache-2.0
// Brings a database's schema up to this program's.
//
// Contract: programs that start at once on one database apply each migration once. On SQLite a
//           migration is one transaction. On MariaDB, where each schema statement commits by
//           itself, a migration that was interrupted is applied again by the next start: every
//           statement may be applied twice. A database that is refused is left as it was.
// Errors:   invalid_request: incompatible with this program, or not ours; the message names the
//           database. unavailable: another program applies a migration beyond the deadline. Lets
//           soci::soci_error through.
// Threads:  as the session: one at a time.
// Source:   schema/migrations/README.md
#pragma once

#include <soci/soci.h>

#include <string>
#include <string_view>
#include <vector>

#include "policies/result.h"
#include "service/store/dialect.h"

namespace console_policy::store {

struct Migration {
  long long version{0};   // 1, 2, 3, …
  std::string_view name;  // of its file
  std::string_view sql;   // with ${TABLE_OPTIONS} at the end of a table
};

// The ones compiled into this program, in order.
std::vector<Migration> embedded_migrations();

// Whether a program that knows `known` works with a database of `version`: an older one is
// migrated, and a newer one differs by additions only as long as it is in the same thousand.
bool is_compatible(long long version, long long known);

Status migrate(soci::session& sql, const Dialect& dialect, const std::vector<Migration>& migrations,
               Deadline deadline);

// A file of SQL, cut into its statements, because the libraries run one at a time. Statements end
// with ";" outside of quotes; comments ("-- …") are left out, because SOCI takes an apostrophe in
// one for the start of a string. No block comments, no triggers.
std::vector<std::string> sql_statements(std::string_view text);

}  // namespace console_policy::store
