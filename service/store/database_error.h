// SPDX-License-Identifier: Apache-2.0
// What the database library threw, as an Error.
//
// Contract: `message` is short and names no file; `internal` names the file, says what an operator
//           can do, and carries the database's own words without SQL and without bound values.
// Errors:   unavailable: busy, full, I/O, read-only, damaged; internal: everything else.
// Threads:  free functions on values.
#pragma once

#include <exception>
#include <string>

#include "policies/error.h"

namespace console_policy::store {

// Must be called in a catch block's reach: `exception` is what a call into SOCI threw.
Error database_error(const std::exception& exception, const std::string& path);

// SQLite's primary result code of what was thrown; 0 when it was not SQLite that failed.
int sqlite_result(const std::exception& exception);

// No session, no turn to write, or no lock until the deadline.
Error busy_error(const std::string& path);

// What SQLite's own check found in it.
Error damaged_error(const std::string& path, const std::string& found);

// The store without its revision: somebody took the counter's row away.
Error missing_revision(const std::string& path);

// Runs `call`, which returns a Result, and turns whatever it throws into an Error.
template <class Call>
auto without_exceptions(const std::string& path, const Call& call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& exception) {
    return database_error(exception, path);
  }
}

}  // namespace console_policy::store
