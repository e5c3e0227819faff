// SPDX-License-Identifier: Apache-2.0
// SeenStatement: what is kept of one instance's consoles, in a SELECT that a session keeps
// prepared.
//
// Contract: read to its end at each run, so that it never holds its session in the past.
// Errors:   lets soci::soci_error through.
// Threads:  as its session: one at a time.
// Lifetime: must be gone before the soci::session.
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "service/store/seen_rows.h"

namespace console_policy::store {

class SeenStatement final {
 public:
  explicit SeenStatement(soci::session& sql);
  SeenStatement(const SeenStatement&) = delete;
  SeenStatement& operator=(const SeenStatement&) = delete;

  static std::string text();

  std::vector<SeenRow> run(const std::string& project_id, const std::string& instance_id);

 private:
  std::string project_id_;   // bound
  std::string instance_id_;  // bound
  SeenRow row_;              // bound
  soci::statement statement_;
};

}  // namespace console_policy::store
