// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "service/store/database_error.h"
#include "service/store/soci_store.h"

namespace console_policy::store {
namespace {

bool change_is_there(soci::session& sql, const std::string& change_id) {
  long long revision = 0;
  sql << "SELECT revision FROM change_log WHERE change_id = :change_id", soci::into(revision),
      soci::use(change_id);
  return sql.got_data();
}

// A COMMIT that fails has mostly changed nothing, but not surely: the change log tells, by any of
// the changes, since all of a transaction are there or none is.
enum class Committed { yes, no, unknown };
struct Outcome {
  Committed committed{Committed::yes};
  Status status{Success{}};
};

Outcome commit(const OpenWrite& open, const std::string& change_id, const std::string& path) {
  Session& session = open.lease.session();
  Status committed = without_exceptions(path, [&]() -> Status {
    open.transaction.commit();
    return Success{};
  });
  if (committed.ok()) {
    open.carry.committed({session.write_statements().written(), {}});
    return {};
  }
  open.lease.close();
  open.transaction.roll_back();
  Result<bool> there = without_exceptions(path, [&]() -> Result<bool> {
    // It would find its own rows, which go when the session does.
    if (session.in_transaction()) {
      return Error{ErrorCode::internal, "the policy store failed", "ROLLBACK failed, too"};
    }
    return change_is_there(session.sql(), change_id);
  });
  if (there.ok() && there.value()) return {};
  if (there.ok()) return {Committed::no, std::move(committed)};
  Error error = std::move(committed).error();
  error.message += "; it is not known whether the change was stored";
  error.internal += "; and looking up change " + change_id + " failed: " + there.error().internal;
  return {Committed::unknown, std::move(error)};
}

}  // namespace

// One write alone, in a transaction of its own.
Status SociStore::write_alone(const Write& write) {
  return in_write_turn(write.deadline, [&](const OpenWrite& open) -> Status {
    WriteStatements& statements = open.lease.session().write_statements();
    statements.begin();
    const std::optional<Revision> revision = statements.next_revisions(write.changes);
    if (!revision) return missing_revision(path_);
    Status done = write.work(statements, *revision);
    if (!done.ok()) return done;
    statements.end();
    return commit(open, write.author.change_id, path_).status;
  });
}

// What the writes of a group do in an open transaction. The revisions of those that are refused go
// to those behind them; what is left in the end goes back. Gives a change that is to be committed.
Result<const std::string*> SociStore::carry_out(WriteStatements& statements,
                                                const WriteGroup& group) const {
  statements.begin();
  long long changes = 0;
  for (const std::shared_ptr<Write>& write : group) changes += write->changes;
  const std::optional<Revision> first = statements.next_revisions(changes);
  if (!first) return missing_revision(path_);
  Revision next = *first;
  const std::string* change_id = nullptr;
  for (const std::shared_ptr<Write>& write : group) {
    write->result = write->work(statements, next);
    if (!write->result->ok()) continue;
    next += write->changes;
    change_id = &write->author.change_id;
  }
  statements.end();
  const long long left = *first + changes - next;
  if (change_id != nullptr && left > 0) statements.next_revisions(-left);
  return change_id;
}

// In one transaction. False when the group came to grief on the way and has changed nothing:
// whoever was the reason, or is late, will hear of it alone.
bool SociStore::write_together(const WriteGroup& group) {
  bool undone = true;
  Status outcome = in_write_turn(group.front()->deadline, [&](const OpenWrite& open) -> Status {
    Result<const std::string*> change_id =
        carry_out(open.lease.session().write_statements(), group);
    if (!change_id.ok()) return std::move(change_id).error();
    if (change_id.value() == nullptr) return Success{};  // all were refused
    Outcome committed = commit(open, *change_id.value(), path_);
    undone = committed.committed == Committed::no;
    return std::move(committed.status);
  });
  if (outcome.ok()) return true;
  if (undone) return false;
  for (const std::shared_ptr<Write>& write : group) {
    if (!write->result || write->result->ok()) write->result = outcome;
  }
  return true;
}

void SociStore::write_group(const WriteGroup& group) noexcept {
  if (group.size() > 1 && group.front()->deadline > std::chrono::steady_clock::now() &&
      write_together(group)) {
    return;
  }
  for (const std::shared_ptr<Write>& write : group) write->result = write_alone(*write);
}

}  // namespace console_policy::store
