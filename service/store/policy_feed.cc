// SPDX-License-Identifier: Apache-2.0
#include "service/store/policy_feed.h"

#include <unordered_map>
#include <utility>

#include "service/store/rows.h"

namespace console_policy::store {
namespace {

struct FeedRow {
  long long revision{0};
  std::string change_id;
  std::string scope;
  std::string owner_id;
  std::string instance_id;
  std::string body;
  soci::indicator present{soci::i_null};
};

std::vector<FeedRow> read_changes(soci::session& sql, Revision from, Revision to) {
  const long long first = from;
  const long long last = to;
  FeedRow row;
  soci::statement statement(sql);
  statement.exchange(soci::into(row.revision));
  statement.exchange(soci::into(row.change_id));
  statement.exchange(soci::into(row.scope));
  statement.exchange(soci::into(row.owner_id));
  statement.exchange(soci::into(row.instance_id));
  statement.exchange(soci::into(row.body, row.present));
  statement.exchange(soci::use(first));
  statement.exchange(soci::use(last));
  prepare(statement,
          "SELECT revision, change_id, scope, owner_id, instance_id, after_body FROM change_log "
          "WHERE revision >= :first AND revision <= :last ORDER BY revision");
  return fetch_all(statement, row);
}

// Whether the rows begin with the change at `mine` and continue without a gap up to `newest`.
bool continues(const std::vector<FeedRow>& rows, const Position& mine, Revision newest) {
  Revision expected = mine.revision;
  if (mine.change_id.empty()) {
    // The log had no such row when the position was read, and must not have one now.
    ++expected;
  } else if (rows.empty() || rows.front().change_id != mine.change_id) {
    return false;
  }
  for (const FeedRow& row : rows) {
    if (row.revision != expected) return false;
    ++expected;
  }
  return expected == newest + 1;
}

std::string change_id_at(soci::session& sql, Revision revision) {
  const long long number = revision;
  std::string id;
  sql << "SELECT change_id FROM change_log WHERE revision = :revision", soci::into(id),
      soci::use(number);
  return sql.got_data() ? id : std::string();
}

}  // namespace

Result<Revision> read_revision(soci::session& sql, const Dialect& dialect) {
  long long revision = 0;
  sql << "SELECT revision FROM revision_counter WHERE id = 1", soci::into(revision);
  if (sql.got_data()) return Revision{revision};
  return Error{ErrorCode::internal, "the policy store failed",
               dialect.database() + ": row revision_counter (id 1) is missing"};
}

Feed PolicyFeed::catch_up(soci::session& sql, const Position& mine, Revision newest) {
  if (newest - mine.revision > max_changes) return Feed::must_load;
  const std::vector<FeedRow> rows = read_changes(sql, mine.revision, newest);
  if (!continues(rows, mine, newest)) {
    report_(Severity::error, "the change log does not continue: all policies are loaded again",
            dialect_.database() + ": memory has revision " + std::to_string(mine.revision) +
                ", the database has " + std::to_string(newest));
    return Feed::must_load;
  }
  std::vector<PolicyChange> changes;
  for (const FeedRow& row : rows) {
    if (row.revision <= mine.revision) continue;
    Result<Scope> scope = Scope::parse(row.scope, row.owner_id, row.instance_id);
    if (!scope.ok()) return Feed::must_load;
    const bool stored = row.present == soci::i_ok;
    changes.push_back(
        PolicyChange{{row.revision, row.change_id},
                     std::move(scope).value(),
                     stored,
                     stored ? policy_of(row.scope, row.owner_id, row.instance_id, row.body)
                            : nullptr});
  }
  return map_.apply(changes) ? Feed::current : Feed::must_load;
}

Status PolicyFeed::load(soci::session& sql) {
  Result<Revision> revision = read_revision(sql, dialect_);
  if (!revision.ok()) return std::move(revision).error();
  Position position{revision.value(), change_id_at(sql, revision.value())};
  PolicyTable table;
  for (const ScopeKind kind : all_scope_kinds) load_kind(sql, kind, table);
  map_.replace(std::move(table), std::move(position));
  return Success{};
}

// In pages, because the MariaDB client keeps a whole result in memory.
void PolicyFeed::load_kind(soci::session& sql, ScopeKind kind, PolicyTable& table) {
  constexpr long long page = 10'000;
  constexpr std::size_t max_bodies = 10'000;
  const std::string scope(name(kind));
  std::unordered_map<std::string, PolicyPtr> known;  // equal bodies are parsed once, and shared
  struct Row {
    std::string owner_id;
    std::string instance_id;
    std::string body;
  } row;
  Row last;
  for (std::size_t found = page; found == page;) {
    soci::statement statement(sql);
    statement.exchange(soci::into(row.owner_id));
    statement.exchange(soci::into(row.instance_id));
    statement.exchange(soci::into(row.body));
    statement.exchange(soci::use(scope));
    statement.exchange(soci::use(last.owner_id));
    statement.exchange(soci::use(last.owner_id));
    statement.exchange(soci::use(last.instance_id));
    statement.exchange(soci::use(page));
    // The cloud's row has the empty owner and the empty instance.
    prepare(statement, std::string("SELECT owner_id, instance_id, body FROM policy WHERE ") +
                           "scope = :scope AND owner_id >= :owner AND (owner_id > :same OR " +
                           (last.owner_id.empty() ? "instance_id >= " : "instance_id > ") +
                           ":instance) ORDER BY owner_id, instance_id LIMIT :count");
    found = 0;
    for (bool got = statement.execute(true); got; got = statement.fetch(), ++found) {
      Result<Scope> key = Scope::parse(scope, row.owner_id, row.instance_id);
      last = row;
      if (!key.ok()) {
        report_(Severity::error, "a stored policy cannot be read and is ignored",
                key_text(scope, row.owner_id, row.instance_id) + ": " + key.error().message);
        continue;
      }
      if (known.size() >= max_bodies) known.clear();
      auto [body, is_new] = known.try_emplace(row.body);
      if (is_new) body->second = policy_of(scope, row.owner_id, row.instance_id, row.body);
      table.set(key.value(), body->second);
    }
  }
}

PolicyPtr PolicyFeed::policy_of(const std::string& scope, const std::string& owner_id,
                                const std::string& instance_id, const std::string& body) {
  std::vector<std::string> unknown;
  Result<Policy> policy = to_policy(body, unknown);
  if (!policy.ok()) {
    report_(Severity::error, "a stored policy cannot be read: resolutions that need it fail",
            key_text(scope, owner_id, instance_id) + ": " + policy.error().message);
    return nullptr;
  }
  if (!unknown.empty()) log_unknown(unknown);
  return std::make_shared<const Policy>(std::move(policy).value());
}

void PolicyFeed::log_unknown(const std::vector<std::string>& types) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const std::string& type : types) {
    if (!logged_types_.insert(type).second) continue;
    report_(Severity::warning, "a stored policy names a console type that this version ignores",
            type);
  }
}

}  // namespace console_policy::store
