// SPDX-License-Identifier: Apache-2.0
#include "service/store/sql_store.h"

#include <algorithm>
#include <map>
#include <utility>

#include "service/codec/policy_text.h"
#include "service/store/rows.h"

namespace console_policy::store {
namespace {

constexpr std::size_t max_change_id = 64;
constexpr std::size_t max_id = 255;

Error failed(const std::string& why) {
  return Error{ErrorCode::internal, "the policy store failed", why};
}

Status check_author(const Author& author, const std::vector<Operation>& operations) {
  const auto fits = [](const std::string& id, std::size_t most) {
    return !id.empty() && id.size() <= most;
  };
  bool all = fits(author.user_id, max_id) && fits(author.request_id, max_id);
  for (const Operation& one : operations) all = all && fits(one.change_id, max_change_id);
  return all ? Status(Success{}) : failed("an id of the author is empty or too long");
}

Result<std::optional<StoredPolicy>> read_policy(soci::session& sql, const Scope& scope) {
  Result<std::vector<StoredPolicy>> found = to_policies(select<PolicyRow>(
      sql, {std::string("SELECT ") + PolicyRow::columns +
                " FROM policy WHERE scope = ? AND owner_id = ? AND instance_id = ?",
            key_values(scope)}));
  if (!found.ok()) return std::move(found).error();
  if (found.value().empty()) return std::optional<StoredPolicy>();
  return std::optional<StoredPolicy>(std::move(found.value().front()));
}

void write_policy(soci::session& sql, const StoredPolicy& policy, const std::string& body,
                  bool exists) {
  const long long updated_at = to_microseconds(policy.updated_at);
  Query query;
  if (exists) {
    query.add("UPDATE policy SET body = ?, revision = ?, updated_at = ?, updated_by = ? ",
              {body, policy.revision, updated_at, policy.updated_by});
    query.add("WHERE scope = ? AND owner_id = ? AND instance_id = ?", key_values(policy.scope));
  } else {
    query.add("INSERT INTO policy (scope, owner_id, instance_id, ", key_values(policy.scope));
    query.add(
        "body, revision, created_at, updated_at, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {body, policy.revision, to_microseconds(policy.created_at), updated_at, policy.updated_by});
  }
  execute(sql, query);
}

void delete_policy(soci::session& sql, const Scope& scope) {
  execute(sql, {"DELETE FROM policy WHERE scope = ? AND owner_id = ? AND instance_id = ?",
                key_values(scope)});
}

Value body_of(const Policy* policy) {
  if (policy == nullptr) return std::monostate();
  return codec::policy_to_text(*policy);
}

void log_change(soci::session& sql, const Operation& operation, const Author& author,
                Revision revision, Action action, const std::optional<StoredPolicy>& before) {
  Query query{
      std::string("INSERT INTO change_log (") + ChangeRow::columns +
          ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {revision, operation.change_id, to_microseconds(author.at), std::string(name(action))}};
  query.add("", key_values(operation.scope));
  query.add("", {author.request_id, author.user_id, body_of(before ? &before->policy : nullptr),
                 body_of(operation.policy ? &*operation.policy : nullptr)});
  execute(sql, query);
}

Error over_quota(const std::string& what, std::size_t limit, const char* setting) {
  return Error{
      ErrorCode::forbidden,
      what + " has " + std::to_string(limit) + " policies, the most that " + setting + " allows.",
      {}};
}

bool is_of_project(const Scope& scope) {
  return scope.kind() == ScopeKind::project || scope.kind() == ScopeKind::instance;
}

}  // namespace

SqlStore::SqlStore(std::unique_ptr<Dialect> dialect, const Options& options, const Report& report)
    : options_(options),
      database_(std::move(dialect), options),
      feed_(policies_, database_.dialect(), report),
      observations_(options.availability),
      follower_({database_, policies_, feed_, observations_}, options, report),
      observation_writer_(database_, observations_, options, report) {}

Status SqlStore::start() {
  Status started = follower_.start();
  if (started.ok()) observation_writer_.start();
  return started;
}

Result<InForce> SqlStore::in_force(const std::vector<Scope>& scopes) const {
  if (follower_.is_loaded()) return policies_.find(scopes);
  return Error{ErrorCode::unavailable, "the policy store is not available",
               "no policies in memory yet"};
}

Figures SqlStore::figures() const {
  Figures figures;
  figures.up = follower_.is_up();
  figures.loaded = follower_.is_loaded();
  figures.revision = policies_.position().revision;
  figures.age = follower_.age();
  figures.policies = policies_.size();
  figures.observations = observations_.size();
  figures.pending_observations = observations_.pending_count();
  figures.dropped_observations = observations_.dropped();
  figures.reloads = feed_.reloads();
  figures.retries = database_.retries();
  return figures;
}

Result<std::optional<StoredPolicy>> SqlStore::find(const Scope& scope) {
  return database_.read_value<std::optional<StoredPolicy>>(
      [&](soci::session& sql) { return read_policy(sql, scope); });
}

Result<StoredPolicy> SqlStore::put(const Scope& scope, const Policy& policy, const Author& author,
                                   const Guard& guard) {
  Result<std::vector<Write>> written =
      write({{scope, policy, author.change_id}}, author,
            [&guard](const std::vector<std::optional<StoredPolicy>>& before) {
              return guard(before.front());
            });
  if (!written.ok()) return std::move(written).error();
  return std::move(written.value().front().after);
}

Status SqlStore::remove(const Scope& scope, const Author& author, const Guard& guard) {
  Result<std::vector<Write>> written =
      write({{scope, std::nullopt, author.change_id}}, author,
            [&guard](const std::vector<std::optional<StoredPolicy>>& before) -> Status {
              if (before.front().has_value()) return guard(before.front());
              return Error{ErrorCode::not_found, "nothing is stored there", {}};
            });
  if (!written.ok()) return std::move(written).error();
  return Success{};
}

Result<std::vector<Applied>> SqlStore::apply(const std::vector<Operation>& operations,
                                             const Author& author, const BatchGuard& guard) {
  if (operations.empty()) return std::vector<Applied>();
  Result<std::vector<Write>> written = write(operations, author, guard);
  if (!written.ok()) return std::move(written).error();
  std::vector<Applied> applied;
  for (const Write& one : written.value()) applied.push_back({one.action, one.revision});
  return applied;
}

Result<std::vector<SqlStore::Write>> SqlStore::write(const std::vector<Operation>& operations,
                                                     const Author& author,
                                                     const BatchGuard& guard) {
  Status author_fits = check_author(author, operations);
  if (!author_fits.ok()) return std::move(author_fits).error();
  std::vector<Write> writes;
  std::vector<PolicyChange> changes;
  WriteJob job;
  job.change_id = operations.front().change_id;
  job.work = [&](soci::session& sql) -> Status {
    const Position mine = policies_.position();
    writes.clear();
    for (const Operation& operation : operations) {
      writes.push_back({&operation, {}, {operation.scope, {}, 0, {}, {}, {}}});
    }
    Status done = write_in(sql, writes, author, guard, mine);
    if (!done.ok()) return done;
    changes.clear();
    for (const Write& one : writes) {
      const bool stored = one.operation->policy.has_value();
      changes.push_back(
          {{one.revision, one.operation->change_id},
           one.operation->scope,
           stored,
           stored ? std::make_shared<const Policy>(*one.operation->policy) : nullptr});
    }
    return done;
  };
  // The next request on this daemon sees the write. If the map has a gap after a restore, the
  // follower loads it again.
  job.committed = [&] { static_cast<void>(policies_.apply(changes)); };
  Status done = database_.write(job);
  if (!done.ok()) return std::move(done).error();
  return writes;
}

Result<Revision> SqlStore::next_revisions(soci::session& sql, std::size_t count,
                                          const Position& mine) {
  const auto added = static_cast<long long>(count);
  // First of all: the counter's row stays locked until COMMIT, so what is read after it stays true.
  execute(sql, {"UPDATE revision_counter SET revision = revision + ? WHERE id = 1", {added}});
  Result<Revision> last = read_revision(sql, database_.dialect());
  if (!last.ok()) return last;
  const Revision before = last.value() - added;
  // Changes of other daemons that the follower has not read yet.
  if (feed_.catch_up(sql, mine, before) == Feed::must_load) feed_.load(sql, before);
  return before + 1;
}

Status SqlStore::write_in(soci::session& sql, std::vector<Write>& writes, const Author& author,
                          const BatchGuard& guard, const Position& mine) {
  Result<Revision> revision = next_revisions(sql, writes.size(), mine);
  if (!revision.ok()) return std::move(revision).error();
  std::vector<std::optional<StoredPolicy>> before;
  for (Write& one : writes) {
    Result<std::optional<StoredPolicy>> found = read_policy(sql, one.operation->scope);
    if (!found.ok()) return std::move(found).error();
    one.before = found.value();
    before.push_back(std::move(found).value());
  }
  Status allowed = guard(before);
  if (allowed.ok()) allowed = check_quotas(writes);
  if (!allowed.ok()) return allowed;
  for (Write& one : writes) {
    const Operation& operation = *one.operation;
    one.revision = revision.value()++;
    one.action = !operation.policy ? Action::remove : one.before ? Action::update : Action::create;
    if (operation.policy) {
      const Timestamp created_at = one.before ? one.before->created_at : author.at;
      one.after = {operation.scope, *operation.policy, one.revision,
                   created_at,      author.at,         author.user_id};
      write_policy(sql, one.after, codec::policy_to_text(*operation.policy),
                   one.before.has_value());
    } else {
      if (!one.before) return failed("the guard let a policy that does not exist be removed");
      delete_policy(sql, operation.scope);
    }
    log_change(sql, operation, author, one.revision, one.action, one.before);
  }
  return Success{};
}

// Only writes that add policies are refused. The counts in memory are exact: the transaction has
// locked the revision, and the map is up to date until there.
Status SqlStore::check_quotas(const std::vector<Write>& writes) const {
  std::ptrdiff_t added = 0;
  std::map<std::string, std::ptrdiff_t> added_to;
  for (const Write& one : writes) {
    const std::ptrdiff_t change =
        (one.operation->policy ? 1 : 0) - (one.before.has_value() ? 1 : 0);
    added += change;
    const Scope& scope = one.operation->scope;
    if (is_of_project(scope)) added_to[scope.owner_id()] += change;
  }
  const auto beyond = [](std::size_t present, std::ptrdiff_t more, std::size_t limit) {
    return more > 0 && present + static_cast<std::size_t>(more) > limit;
  };
  if (beyond(policies_.size(), added, options_.max_policies)) {
    return over_quota("The cloud", options_.max_policies, "store.max_policies");
  }
  for (const auto& [project_id, more] : added_to) {
    if (beyond(policies_.size_of_project(project_id), more, options_.max_policies_per_project)) {
      return over_quota("Project " + project_id, options_.max_policies_per_project,
                        "store.max_policies_per_project");
    }
  }
  return Success{};
}

Result<std::unique_ptr<Store>> open_store(const Options& options, Report report) {
  if (options.sessions == 0) return invalid_request("store.sessions: must be at least 1");
  if (!report) report = [](Severity, std::string_view, std::string_view) {};
  Result<std::unique_ptr<Dialect>> dialect = make_dialect(options);
  if (!dialect.ok()) return std::move(dialect).error();
  auto store = std::make_unique<SqlStore>(std::move(dialect).value(), options, report);
  Status started = store->start();
  if (started.ok()) return std::unique_ptr<Store>(std::move(store));
  return for_operator(std::move(started).error());
}

Result<std::unique_ptr<Dialect>> make_dialect(const Options& options) {
  Result<StoreUrl> url = parse_store_url(options.url);
  if (!url.ok()) return std::move(url).error();
  if (const auto* const sqlite = std::get_if<SqliteUrl>(&url.value())) {
    return sqlite_dialect(sqlite->path, options);
  }
  return mariadb_dialect(std::get<MysqlUrl>(url.value()), options);
}

}  // namespace console_policy::store
