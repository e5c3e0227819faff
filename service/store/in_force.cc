// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "service/store/database_error.h"
#include "service/store/soci_store.h"

namespace console_policy::store {

Result<InForce> SociStore::in_force(const std::vector<Scope>& scopes) {
  if (scopes.size() > InForceStatement::max_scopes) {
    return Error{ErrorCode::internal, "the policy store failed",
                 "lookup of more scopes than there are kinds"};
  }
  const std::optional<WalIndex::Header> before = wal_index_.header();
  if (before) {
    std::optional<InForce> known = cache_.find(scopes, *before);
    if (known) return *std::move(known);
  }
  return without_exceptions(path_, [&]() -> Result<InForce> {
    std::optional<SessionPool::Lease> lease = lookup_pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    const InForceStatement::Rows rows = lease->session().in_force_statement().run(scopes);
    if (!rows.revision) return missing_revision(path_);
    return cache_.take(scopes, rows, before);
  });
}

}  // namespace console_policy::store
