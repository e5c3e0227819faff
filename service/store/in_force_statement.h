// SPDX-License-Identifier: Apache-2.0
// InForceStatement: the bodies of the policies of up to five scopes, and the store's revision, in
// one SELECT that a session keeps prepared. LookupStatement gives more, and costs more.
//
// Contract: one statement, so all of it is of one moment. Read to its end at each run, so that it
//           never holds its session in the past.
// Errors:   lets soci::soci_error through.
// Threads:  as its session: one at a time.
// Lifetime: must be gone before the soci::session.
#pragma once

#include <soci/soci.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "policies/scope.h"
#include "service/store/scope_keys.h"

namespace console_policy::store {

class InForceStatement final {
 public:
  static constexpr std::size_t max_scopes = ScopeKeys::max_scopes;

  struct Rows {
    // The body of each scope's policy, in the order asked for; empty where nothing is stored.
    std::array<std::string, max_scopes> bodies;
    std::optional<long long> revision;  // of the store; nothing when its row is missing
  };

  explicit InForceStatement(soci::session& sql);
  InForceStatement(const InForceStatement&) = delete;
  InForceStatement& operator=(const InForceStatement&) = delete;

  static std::string text();

  // At most max_scopes scopes.
  Rows run(const std::vector<Scope>& scopes);

 private:
  ScopeKeys keys_;         // bound
  int which_{0};           // bound: 0 is the revision, 1 the first scope
  std::string body_;       // bound
  long long revision_{0};  // bound
  soci::statement statement_;
};

}  // namespace console_policy::store
