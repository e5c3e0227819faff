// SPDX-License-Identifier: Apache-2.0
// One list of the scopes of all kinds, made of the lists of each kind.
//
// Contract: `select` is given the name of a kind and says a SELECT that ends in a WHERE; the kind
// is
//           added to it. Where an index by scope gives each of them in the order that is asked for,
//           the database merges them as they come: nothing is sorted, and no index without the
//           scope has to be kept at every write.
// Source:   sqlite.org/eqp.html: "MERGE (UNION ALL)".
#pragma once

#include <string>

#include "policies/scope.h"

namespace console_policy::store {

template <class Select>
std::string of_each_kind(const Select& select) {
  std::string sql;
  for (const ScopeKind kind : all_scope_kinds) {
    const std::string called(name(kind));
    if (!sql.empty()) sql += " UNION ALL ";
    sql += select(called) + " AND scope = '" + called + "'";
  }
  return sql;
}

}  // namespace console_policy::store
