// SPDX-License-Identifier: Apache-2.0
// The database as an operator handles it: is it whole, a copy of it, its contents from a copy.
//
// Contract: all three are safe while daemons run on the database.
//           back_up() gives one file of one moment, checked, 0600, whole under its name or not
//           there; writers go on meanwhile. restore() replaces all contents in one transaction: a
//           running daemon answers from the old ones until it, from the new ones after it. The
//           revision goes on far beyond the higher of the two, so that no entity tag that a client
//           holds comes to mean something else, also when the database that gave it is lost; the
//           change log has a gap there. A copy of an older schema is brought up to date; the copy
//           itself is never written to. Both work on a draft beside their target (its name and six
//           letters more), which is there afterwards only if the command was killed.
// Errors:   unavailable, or invalid_request for a file that is no database of ours, is newer than
//           this program, or is in the way; messages name the file and say what can be done.
// Threads:  free functions; each opens the database for itself.
// Lifetime: `options` is only read during the call.
#pragma once

#include <string>
#include <vector>

#include "policies/result.h"
#include "service/store/options.h"

namespace console_policy::store {

struct DatabaseReport {
  std::string path;
  std::vector<std::string> faults;  // SQLite's words, at most max_faults of them; empty: whole
  long long schema_version{0};      // this and the next two only when it is whole
  long long revision{0};
  long long policies{0};
};
inline constexpr int max_faults = 100;

Result<DatabaseReport> check_database(const Options& options);
Status back_up_database(const Options& options, const std::string& target);
Result<DatabaseReport> restore_database(const Options& options, const std::string& source);

}  // namespace console_policy::store
