// SPDX-License-Identifier: Apache-2.0
#include "service/store/write_statements.h"

#include <utility>

namespace console_policy::store {

WriteStatements::WriteStatements(soci::session& sql)
    : count_up_(sql),
      read_count_(sql),
      select_(sql),
      update_(sql),
      insert_(sql),
      delete_(sql),
      log_(sql) {
  count_up_.exchange(soci::use(count_));
  prepare(count_up_, "UPDATE revision_counter SET revision = revision + :count WHERE id = 1");
  read_count_.exchange(soci::into(revision_));
  prepare(read_count_, "SELECT revision FROM revision_counter WHERE id = 1");
  prepare_policy();
  prepare_log();
}

void WriteStatements::use_key(soci::statement& statement) {
  statement.exchange(soci::use(key_.scope));
  statement.exchange(soci::use(key_.owner_id));
  statement.exchange(soci::use(key_.instance_id));
}

void WriteStatements::prepare_policy() {
  const std::string at_key =
      " WHERE scope = :scope AND owner_id = :owner AND instance_id = :instance";
  found_.bind_columns(select_);
  use_key(select_);
  prepare(select_, "SELECT " + PolicyRow::columns() + " FROM policy" + at_key);

  update_.exchange(soci::use(stored_.body));
  update_.exchange(soci::use(stored_.revision));
  update_.exchange(soci::use(stored_.updated_at));
  update_.exchange(soci::use(stored_.updated_by));
  use_key(update_);
  prepare(update_,
          "UPDATE policy SET body = :body, revision = :revision, updated_at = :updated_at, "
          "updated_by = :updated_by" +
              at_key);

  use_key(insert_);
  insert_.exchange(soci::use(stored_.body));
  insert_.exchange(soci::use(stored_.revision));
  insert_.exchange(soci::use(stored_.created_at));
  insert_.exchange(soci::use(stored_.updated_at));
  insert_.exchange(soci::use(stored_.updated_by));
  prepare(insert_, "INSERT INTO policy (" + PolicyRow::columns() +
                       ") VALUES (:scope, :owner, :instance, :body, :revision, :created_at, "
                       ":updated_at, :updated_by)");

  use_key(delete_);
  prepare(delete_, "DELETE FROM policy" + at_key);
}

void WriteStatements::prepare_log() {
  log_.exchange(soci::use(change_.revision));
  log_.exchange(soci::use(change_.change_id));
  log_.exchange(soci::use(change_.changed_at));
  log_.exchange(soci::use(change_.action));
  use_key(log_);
  log_.exchange(soci::use(change_.request_id));
  log_.exchange(soci::use(change_.user_id));
  log_.exchange(soci::use(change_.before_body, change_.before_present));
  log_.exchange(soci::use(change_.after_body, change_.after_present));
  prepare(log_, "INSERT INTO change_log (" + ChangeRow::columns() +
                    ") VALUES (:revision, :change_id, :changed_at, :action, :scope, :owner, "
                    ":instance, :request_id, :user_id, :before_body, :after_body)");
}

std::optional<Revision> WriteStatements::next_revisions(long long count) {
  count_ = count;
  count_up_.execute(true);
  bool found = false;
  for (bool got = read_count_.execute(true); got; got = read_count_.fetch()) found = true;
  if (!found) return std::nullopt;
  written_.revision = revision_;
  return revision_ - count + 1;
}

void WriteStatements::forget_written() {
  written_.changes.clear();
  written_.revision.reset();
}

// Here and below, what is bound is assigned to: it keeps its room from one write to the next.
void WriteStatements::set_key(const Scope& scope) {
  key_.scope = name(scope.kind());
  key_.owner_id = scope.owner_id();
  key_.instance_id = scope.instance_id();
}

const PolicyRow* WriteStatements::policy_at(const Scope& scope) {
  set_key(scope);
  const bool found = select_.execute(true);
  // Read to its end; the columns keep what the one row said.
  for (bool got = found; got;) got = select_.fetch();
  return found ? &found_ : nullptr;
}

void WriteStatements::store(const StoredPolicy& policy, const std::string& body, bool replaces) {
  set_key(policy.scope);
  stored_.body = body;
  stored_.revision = policy.revision;
  stored_.created_at = to_microseconds(policy.created_at);
  stored_.updated_at = to_microseconds(policy.updated_at);
  stored_.updated_by = policy.updated_by;
  (replaces ? update_ : insert_).execute(true);
  written_.changes.push_back({policy.scope, body});
}

void WriteStatements::remove(const Scope& scope) {
  set_key(scope);
  delete_.execute(true);
  written_.changes.push_back({scope, std::string()});
}

void WriteStatements::log(const Scope& scope, Revision revision, Action action,
                          const Author& author, const std::string* before,
                          const std::string* after) {
  set_key(scope);
  change_.revision = revision;
  change_.change_id = author.change_id;
  change_.changed_at = to_microseconds(author.at);
  change_.action = name(action);
  change_.request_id = author.request_id;
  change_.user_id = author.user_id;
  change_.before_present = before != nullptr ? soci::i_ok : soci::i_null;
  if (before != nullptr) change_.before_body = *before;
  change_.after_present = after != nullptr ? soci::i_ok : soci::i_null;
  if (after != nullptr) change_.after_body = *after;
  log_.execute(true);
}

}  // namespace console_policy::store
