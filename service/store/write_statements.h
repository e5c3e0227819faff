// SPDX-License-Identifier: Apache-2.0
// WriteStatements: all that a write says to the database, which a session keeps prepared.
//
// Contract: everything here is for within a transaction. The counter comes first: its row is what
//           writers of other controllers would wait for, so what is read after it stays true until
//           COMMIT.
// Errors:   lets soci::soci_error through.
// Threads:  as its session: one at a time.
// Lifetime: must be gone before the soci::session.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>

#include "policies/scope.h"
#include "service/store/change_log_insert.h"
#include "service/store/rows.h"
#include "service/store/written.h"

namespace console_policy::store {

class WriteStatements final {
 public:
  explicit WriteStatements(soci::session& sql);
  WriteStatements(const WriteStatements&) = delete;
  WriteStatements& operator=(const WriteStatements&) = delete;

  // What was written since begin(), which comes first in a transaction.
  void begin();
  const WrittenPolicies& written() const { return written_; }

  // The first of `count` new ones; nothing when the counter's row is missing. Less than 0: so many
  // of the last ones go back.
  std::optional<Revision> next_revisions(long long count);

  // The row that stands at the scope, if one does; good until the next call.
  const PolicyRow* policy_at(const Scope& scope);
  void store(const StoredPolicy& policy, const std::string& body, bool replaces);
  void remove(const Scope& scope);

  // One row of the change log; an absent body is null, here and there. It is written by end() at
  // the latest, and so is what is wrong with it told.
  void log(const Scope& scope, Revision revision, Action action, const Author& author,
           const std::string* before, const std::string* after);
  // Before COMMIT.
  void end() { log_.flush(); }

 private:
  // Scope as the three columns of its key.
  struct Key {
    std::string scope;
    std::string owner_id;
    std::string instance_id;
  };
  void set_key(const Scope& scope);
  void use_key(soci::statement& statement);
  void prepare_policy();

  WrittenPolicies written_;
  Key key_;                // bound, by all that need one
  long long count_{0};     // bound
  long long revision_{0};  // bound
  PolicyRow found_;        // bound: what policy_at() reads
  PolicyRow stored_;       // bound: what store() writes
  soci::statement count_up_;
  soci::statement read_count_;
  soci::statement select_;
  soci::statement update_;
  soci::statement insert_;
  soci::statement delete_;
  ChangeLogInsert log_;
};

}  // namespace console_policy::store
