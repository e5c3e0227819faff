// SPDX-License-Identifier: Apache-2.0
// ScopeKeys: the scopes that one prepared SELECT of policies asks about, as it binds them.
//
// Contract: condition() of each place goes into the statement's text, in order; bind() before it is
//           prepared; set() before each run. A place without a scope finds no row.
// Threads:  as the session of its statement: one at a time.
// Lifetime: must outlive the statement, and stay where it is.
#pragma once

#include <soci/soci.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "policies/scope.h"

namespace console_policy::store {

class ScopeKeys final {
 public:
  static constexpr std::size_t max_scopes = all_scope_kinds.size();

  ScopeKeys() = default;
  ScopeKeys(const ScopeKeys&) = delete;
  ScopeKeys& operator=(const ScopeKeys&) = delete;

  // A search by the primary key of the table policy, on every database.
  static std::string condition(std::size_t place);

  void bind(soci::statement& statement);

  // At most max_scopes scopes.
  void set(const std::vector<Scope>& scopes);

 private:
  struct Key {
    std::string scope;  // empty: no row has it
    std::string owner_id;
    std::string instance_id;
  };

  std::array<Key, max_scopes> keys_;
};

}  // namespace console_policy::store
