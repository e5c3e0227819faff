// SPDX-License-Identifier: Apache-2.0
// Copies a store from one database to another, for a move from SQLite to MariaDB or back.
//
// Contract: policies, change log, observations and the revision are read from one moment of the
//           source. Both ends are brought up to this program's schema first. The target must be
//           empty; it gets its revision last, and is read back and compared. No daemon may use the
//           target meanwhile, and what daemons write to the source afterwards is not in the copy.
// Errors:   invalid_request: a target that is not empty; a source that does not exist. unavailable:
// one of the databases. After
//           an error the target is incomplete: empty it before the next try.
// Threads:  a free function.
#pragma once

#include <cstdint>
#include <string>

#include "policies/record.h"
#include "policies/result.h"
#include "service/store/options.h"

namespace console_policy::store {

struct CopyReport {
  std::int64_t policies{0};
  std::int64_t changes{0};
  std::int64_t observations{0};
  Revision revision{0};
  std::string checksum;  // SHA-256 over all rows, equal at both ends
};

Result<CopyReport> copy_database(const Options& from, const Options& to);

}  // namespace console_policy::store
