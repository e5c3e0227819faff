// SPDX-License-Identifier: Apache-2.0
// PolicyStretch: reads the whole table of policies, a stretch at a time, in the order of its key.
//
// Contract: next() gives at most `limit` policies after those given before; fewer, and perhaps
//           none, is not the end yet: at_end() is. A stretch is read by one or two
//           SELECTs, each to its end, so nothing is held between calls. again() goes back to where
//           the last next() began.
// Errors:   lets soci::soci_error through; internal, naming the row, for a scope that cannot be
// read. Threads:  as its session: one at a time. Lifetime: must be gone before the soci::session.
#pragma once

#include <soci/soci.h>

#include <cstddef>
#include <string>
#include <vector>

#include "policies/result.h"
#include "policies/scope.h"
#include "service/store/written.h"

namespace console_policy::store {

class PolicyStretch final {
 public:
  explicit PolicyStretch(soci::session& sql);
  PolicyStretch(const PolicyStretch&) = delete;
  PolicyStretch& operator=(const PolicyStretch&) = delete;

  Result<std::vector<WrittenPolicies::Change>> next(std::size_t limit);
  void again() { place_ = before_; }
  bool at_end() const { return place_.kind == all_scope_kinds.size(); }

  // Searches by the primary key, on every database: the other instances of a project, and the
  // owners after one.
  static std::string instances_sql();
  static std::string owners_sql();
  static std::string cloud_sql();

 private:
  struct Place {
    std::size_t kind{0};  // in all_scope_kinds
    std::string owner_id;
    std::string instance_id;
  };
  Status read(soci::statement& statement, std::vector<WrittenPolicies::Change>& policies);

  Place before_;
  Place place_;
  std::string scope_;         // bound
  std::string owner_id_;      // bound
  std::string instance_id_;   // bound
  long long count_{0};        // bound
  std::string row_owner_;     // bound
  std::string row_instance_;  // bound
  std::string row_body_;      // bound
  soci::statement instances_;
  soci::statement owners_;
  soci::statement cloud_;
};

}  // namespace console_policy::store
