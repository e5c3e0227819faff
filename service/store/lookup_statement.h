// SPDX-License-Identifier: Apache-2.0
// LookupStatement: the policies of up to five scopes, and the store's revision, in one SELECT that
// a session keeps prepared.
//
// Contract: one statement, so all rows are of one moment. Read to its end at each run, so that it
//           never holds its session in the past.
// Errors:   lets soci::soci_error through.
// Threads:  as its session: one at a time.
// Lifetime: must be gone before the soci::session.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>
#include <vector>

#include "policies/scope.h"
#include "service/store/rows.h"
#include "service/store/scope_keys.h"

namespace console_policy::store {

class LookupStatement final {
 public:
  static constexpr std::size_t max_scopes = ScopeKeys::max_scopes;

  struct Rows {
    std::vector<PolicyRow> policies;
    std::optional<long long> revision;  // of the store; nothing when its row is missing
  };

  explicit LookupStatement(soci::session& sql);
  LookupStatement(const LookupStatement&) = delete;
  LookupStatement& operator=(const LookupStatement&) = delete;

  static std::string text();

  // At most max_scopes scopes.
  Rows run(const std::vector<Scope>& scopes);

 private:
  ScopeKeys keys_;  // bound
  PolicyRow row_;   // bound
  soci::statement statement_;
};

}  // namespace console_policy::store
