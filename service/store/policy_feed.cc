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
  Nullable body;

  void bind(soci::statement& statement) {
    bind_columns(statement, revision, change_id, scope, owner_id, instance_id, body);
  }
};

struct BodyRow {
  std::string owner_id;
  std::string instance_id;
  std::string body;

  void bind(soci::statement& statement) { bind_columns(statement, owner_id, instance_id, body); }
};

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

}  // namespace

Result<Revision> read_revision(soci::session& sql, const Dialect& dialect) {
  const std::optional<long long> revision =
      select_number(sql, {"SELECT revision FROM revision_counter WHERE id = 1", {}});
  if (revision) return Revision{*revision};
  return Error{ErrorCode::internal, "the policy store failed",
               dialect.database() + ": row revision_counter (id 1) is missing"};
}

Feed PolicyFeed::catch_up(soci::session& sql, const Position& mine, Revision newest) {
  if (newest - mine.revision > max_changes) return Feed::must_load;
  const std::vector<FeedRow> rows = select<FeedRow>(
      sql, {"SELECT revision, change_id, scope, owner_id, instance_id, after_body FROM change_log "
            "WHERE revision >= ? AND revision <= ? ORDER BY revision",
            {mine.revision, newest}});
  if (!continues(rows, mine, newest)) return Feed::must_load;
  std::vector<PolicyChange> changes;
  for (const FeedRow& row : rows) {
    if (row.revision <= mine.revision) continue;
    Result<Scope> scope = Scope::parse(row.scope, row.owner_id, row.instance_id);
    if (!scope.ok()) return Feed::must_load;
    const bool stored = row.body.state == soci::i_ok;
    changes.push_back({{row.revision, row.change_id},
                       scope.value(),
                       stored,
                       stored ? policy_of(scope.value(), row.body.text) : nullptr});
  }
  return map_.apply(changes) ? Feed::current : Feed::must_load;
}

void PolicyFeed::load(soci::session& sql, Revision revision) {
  const std::string change_id =
      select_text(sql, {"SELECT change_id FROM change_log WHERE revision = ?", {revision}})
          .value_or("");
  PolicyTable table;
  for (const ScopeKind kind : all_scope_kinds) load_kind(sql, kind, table);
  const Revision before = map_.position().revision;
  map_.replace(std::move(table), {revision, change_id});
  if (!loaded_.exchange(true)) return;
  ++reloads_;
  report_(Severity::warning,
          "the change log did not continue, as after a restore: all policies were loaded again",
          dialect_.database() + ": memory had revision " + std::to_string(before) +
              ", the database has " + std::to_string(revision));
}

// In pages, because the MariaDB client keeps a whole result in memory.
void PolicyFeed::load_kind(soci::session& sql, ScopeKind kind, PolicyTable& table) {
  constexpr std::size_t page = 10'000;
  std::unordered_map<std::string, PolicyPtr> known;  // equal bodies are parsed once, and shared
  std::string owner_id;
  std::string instance_id;
  for (std::size_t found = page; found == page;) {
    found = 0;
    const Query query{
        // The cloud's row has the empty owner and the empty instance.
        std::string("SELECT owner_id, instance_id, body FROM policy WHERE scope = ? AND "
                    "owner_id >= ? AND (owner_id > ? OR instance_id ") +
            (owner_id.empty() ? ">=" : ">") + " ?) ORDER BY owner_id, instance_id LIMIT ?",
        {std::string(name(kind)), owner_id, owner_id, instance_id, static_cast<long long>(page)}};
    if (known.size() > page) known.clear();
    for_each_row(sql, query, BodyRow{}, [&](const BodyRow& row) {
      ++found;
      owner_id = row.owner_id;
      instance_id = row.instance_id;
      Result<Scope> scope = Scope::parse(name(kind), row.owner_id, row.instance_id);
      if (!scope.ok()) {
        report_(Severity::error, "a stored policy cannot be read and is ignored",
                key_text(std::string(name(kind)), owner_id, instance_id) + ": " +
                    scope.error().message);
        return;
      }
      auto [body, is_new] = known.try_emplace(row.body);
      if (is_new) body->second = policy_of(scope.value(), row.body);
      table.set(scope.value(), body->second);
    });
  }
}

PolicyPtr PolicyFeed::policy_of(const Scope& scope, const std::string& body) {
  std::vector<std::string> unknown;
  Result<Policy> policy = to_policy(body, unknown);
  if (!policy.ok()) {
    report_(Severity::error, "a stored policy cannot be read: resolutions that need it fail",
            key_text(std::string(name(scope.kind())), scope.owner_id(), scope.instance_id()) +
                ": " + policy.error().message);
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
