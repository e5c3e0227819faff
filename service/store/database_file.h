// SPDX-License-Identifier: Apache-2.0
// The database as an operator handles it: check, back up, restore.
//
// Contract: all three are safe while daemons run on the database. check_database() works on every
//           database; the others are for SQLite. A backup is one file from one moment, checked,
//           mode 0600, whole under its name or not there; writers go on meanwhile. A restore
//           replaces all contents in one transaction. The revision then continues far beyond the
//           higher of the two, so that no entity tag that a client holds comes to mean something
//           else; the change log has a gap there. A backup of an older schema is brought up to
//           date; the file itself is not changed. Both work on a draft beside their target (its
//           name and six letters more), which stays only if the command was killed.
// Errors:   unavailable, or invalid_request for a database that is not ours, is newer than this
//           program, or is in the way; messages name it and the remedy.
// Threads:  free functions; each opens the database for itself.
#pragma once

#include <string>
#include <vector>

#include "policies/result.h"
#include "service/store/options.h"

namespace console_policy::store {

struct DatabaseReport {
  std::string database;
  std::vector<std::string> faults;  // the database's own words; empty: intact
  long long schema_version{0};      // this and the next two only when it is intact
  long long revision{0};
  long long policies{0};
};

// Success when an SQLite file exists, and for every other database. Opening would create the file.
Status check_exists(const Options& options);
Result<DatabaseReport> check_database(const Options& options);
Status back_up_database(const Options& options, const std::string& target);
Result<DatabaseReport> restore_database(const Options& options, const std::string& source);

}  // namespace console_policy::store
