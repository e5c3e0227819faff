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

std::optional<Revision> WriteStatements::next_revisions(long long count) {
  count_ = count;
  count_up_.execute(true);
  bool found = false;
  for (bool got = read_count_.execute(true); got; got = read_count_.fetch()) found = true;
  if (!found) return std::nullopt;
  written_.revision = revision_;
  return revision_ - count + 1;
}

void WriteStatements::begin() {
  log_.forget();
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
  ChangeRow& row = log_.add();
  row.revision = revision;
  row.change_id = author.change_id;
  row.changed_at = to_microseconds(author.at);
  row.action = name(action);
  row.scope = name(scope.kind());
  row.owner_id = scope.owner_id();
  row.instance_id = scope.instance_id();
  row.request_id = author.request_id;
  row.user_id = author.user_id;
  row.before_present = before != nullptr ? soci::i_ok : soci::i_null;
  if (before != nullptr) row.before_body = *before;
  row.after_present = after != nullptr ? soci::i_ok : soci::i_null;
  if (after != nullptr) row.after_body = *after;
}

}  // namespace console_policy::store
