// SPDX-License-Identifier: Apache-2.0
// CarryOver: takes the caches over a commit of this process, if it was the only one.
//
// Contract: from when the transaction has begun (and so holds the database's one write lock) until
//           this is gone, the caches wait for its word. committed() reads the header of the
//           WAL-index and then asks SQLite, on the connection that committed, whether anybody else
//           has since the transaction began (PRAGMA data_version). If nobody has, the header stands
//           for what the caches had and what was written. In every other case nothing is carried:
//           the caches stay of the moment before, which has passed, and fill again. Checkpoints
//           hears of the commit after that: while one lasts, readers have their answers from the
//           caches.
// Errors:   the constructor lets soci::soci_error through; what fails later only carries nothing.
// Threads:  as the session; one at a time in a store.
// Lifetime: within its Transaction's, whose COMMIT it must see.
// Source:   sqlite.org/pragma.html#pragma_data_version: unchanged by commits of the same
// connection,
//           changed by those of any other.
#pragma once

#include "service/store/checkpoints.h"
#include "service/store/policy_cache.h"
#include "service/store/seen_cache.h"
#include "service/store/session.h"
#include "service/store/wal_index.h"
#include "service/store/written.h"

namespace console_policy::store {

class CarryOver final {
 public:
  CarryOver(Session& session, const WalIndex& index, PolicyCache& policies, SeenCache& seen,
            Checkpoints& checkpoints);
  CarryOver(const CarryOver&) = delete;
  CarryOver& operator=(const CarryOver&) = delete;
  ~CarryOver();

  // COMMIT has returned, and has not failed.
  void committed(const Written& written) noexcept;

 private:
  void carry(const Written& written, const WalIndex::Header& after);
  Session* session_;
  const WalIndex* index_;
  PolicyCache* policies_;
  SeenCache* seen_;
  Checkpoints* checkpoints_;
  long long version_;  // of the data, when the transaction began
};

}  // namespace console_policy::store
