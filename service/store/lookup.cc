// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "service/store/database_error.h"
#include "service/store/soci_store.h"

namespace console_policy::store {

Result<Snapshot> SociStore::lookup(const std::vector<Scope>& scopes) {
  if (scopes.size() > LookupStatement::max_scopes) {
    return Error{ErrorCode::internal, "the policy store failed",
                 "lookup of more scopes than there are kinds"};
  }
  return without_exceptions(path_, [&]() -> Result<Snapshot> {
    std::optional<SessionPool::Lease> lease = lookup_pool_.lease(deadline());
    if (!lease) return busy_error(path_);
    const LookupStatement::Rows rows = lease->session().lookup_statement().run(scopes);
    if (!rows.revision) return missing_revision(path_);
    Snapshot snapshot;
    snapshot.revision = *rows.revision;
    for (const PolicyRow& row : rows.policies) {
      Result<StoredPolicy> policy = to_stored_policy(row);
      if (!policy.ok()) return std::move(policy).error();
      snapshot.policies.push_back(std::move(policy).value());
    }
    return snapshot;
  });
}

Status SociStore::check() {
  Status same_file = check_file();
  if (!same_file.ok()) return same_file;
  Result<Snapshot> snapshot = lookup({});
  if (!snapshot.ok()) return std::move(snapshot).error();
  return Success{};
}

Status SociStore::check_file() const {
  Result<FileIdentity> now = file_identity(path_);
  if (now.ok() && now.value() == file_) return Success{};
  return Error{ErrorCode::unavailable, "the policy store is not available",
               "database " + path_ +
                   " was removed or replaced while in use; what is written now would be lost: "
                   "restart the service"};
}

}  // namespace console_policy::store
