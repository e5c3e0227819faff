// SPDX-License-Identifier: Apache-2.0
#include <future>
#include <utility>

#include "service/codec/policy_text.h"
#include "service/store/database_error.h"
#include "service/store/soci_store.h"

namespace console_policy::store {
namespace {

// The widths of the columns: SQLite does not mind longer ones, MariaDB does.
constexpr std::size_t max_change_id_bytes = 64;
constexpr std::size_t max_author_text_bytes = 255;

bool fits(const std::string& text, std::size_t max_bytes) {
  return !text.empty() && text.size() <= max_bytes;
}

Status check_author(const Author& author) {
  if (fits(author.change_id, max_change_id_bytes) &&
      fits(author.request_id, max_author_text_bytes) &&
      fits(author.user_id, max_author_text_bytes)) {
    return Success{};
  }
  return Error{ErrorCode::internal, "the policy store failed",
               "author: change_id, request_id and user_id must be there and fit their columns"};
}

Author with_change_id(Author author, const std::string& change_id) {
  author.change_id = change_id;
  return author;
}

Error nothing_there() {
  return Error{ErrorCode::not_found, "no policy is stored at this scope", {}};
}

// What stands at the scope: its body as it is stored, and what the row means.
struct Standing {
  std::string body;
  StoredPolicy policy;
};

Result<std::optional<Standing>> standing_policy(WriteStatements& statements,
                                                const PolicyCache& cache, const Scope& scope) {
  const PolicyRow* const row = statements.policy_at(scope);
  if (row == nullptr) return std::optional<Standing>();
  // Mostly the cache has the same body, and so need not read it again.
  const PolicyBodies::PolicyPtr known = cache.policy_of(row->body);
  Result<StoredPolicy> policy = to_stored_policy(*row, known.get());
  if (!policy.ok()) return std::move(policy).error();
  return std::optional<Standing>(Standing{row->body, std::move(policy).value()});
}

std::optional<StoredPolicy> policy_of(const std::optional<Standing>& standing) {
  if (!standing) return std::nullopt;
  return standing->policy;
}

// Over what stands there; `stored` has all but the time of its creation.
Action write_policy(WriteStatements& statements, const std::string& body,
                    const std::optional<Standing>& standing, const Author& author,
                    StoredPolicy& stored) {
  const Action action = standing ? Action::update : Action::create;
  if (standing) stored.created_at = standing->policy.created_at;
  statements.store(stored, body, standing.has_value());
  statements.log(stored.scope, stored.revision, action, author,
                 standing ? &standing->body : nullptr, &body);
  return action;
}

void remove_policy(WriteStatements& statements, Revision revision, const Scope& scope,
                   const Standing& standing, const Author& author) {
  statements.remove(scope);
  statements.log(scope, revision, Action::remove, author, &standing.body, nullptr);
}

Applied apply_one(WriteStatements& statements, Revision revision, const Operation& operation,
                  const std::optional<Standing>& standing, const Author& author) {
  if (operation.policy) {
    StoredPolicy stored{operation.scope, *operation.policy, revision,
                        author.at,       author.at,         author.user_id};
    const std::string body = codec::policy_to_text(*operation.policy);
    return {write_policy(statements, body, standing, author, stored), revision};
  }
  if (standing) remove_policy(statements, revision, operation.scope, *standing, author);
  return {Action::remove, revision};
}

}  // namespace

SociStore::Put::Put(Scope scope, Policy policy, Author its_author, Guard its_guard)
    : author(std::move(its_author)),
      guard(std::move(its_guard)),
      body(codec::policy_to_text(policy)),
      stored{std::move(scope), std::move(policy), 0, author.at, author.at, author.user_id} {}

void SociStore::begin_write(const Author& author, long long changes, Work work, WriteDone done) {
  const auto write = std::make_shared<Write>();
  write->author = author;
  write->changes = changes;
  write->work = std::move(work);
  write->done = std::move(done);
  write->deadline = deadline();
  Status author_fits = check_author(write->author);
  if (!author_fits.ok()) return write->done(std::move(author_fits));
  if (writes_.add(write)) return;
  write->done(Error{ErrorCode::unavailable, "Too many requests are waiting; try again.",
                    "the queue of writes is full"});
}

Status SociStore::write(const Author& author, long long changes, Work work) {
  // Shared: who says the result still holds it when the waiting has ended.
  const auto said = std::make_shared<std::promise<Status>>();
  std::future<Status> result = said->get_future();
  begin_write(author, changes, std::move(work),
              [said](Status status) { said->set_value(std::move(status)); });
  return result.get();  // the queue keeps to the deadline
}

Work SociStore::put_work(const std::shared_ptr<Put>& put) const {
  return [this, put](WriteStatements& statements, Revision revision) -> Status {
    Result<std::optional<Standing>> before = standing_policy(statements, cache_, put->stored.scope);
    if (!before.ok()) return std::move(before).error();
    const std::optional<Standing>& standing = before.value();
    Status allowed = put->guard(policy_of(standing));
    if (!allowed.ok()) return allowed;

    put->stored.revision = revision;
    put->stored.created_at = put->author.at;
    write_policy(statements, put->body, standing, put->author, put->stored);
    return Success{};
  };
}

Result<StoredPolicy> SociStore::put(const Scope& scope, const Policy& policy, const Author& author,
                                    const Guard& guard) {
  const auto put = std::make_shared<Put>(scope, policy, author, guard);
  Status written = write(author, 1, put_work(put));
  if (!written.ok()) return std::move(written).error();
  return std::move(put->stored);
}

void SociStore::async_put(Scope scope, Policy policy, Author author, Guard guard, PutDone done) {
  const auto put = std::make_shared<Put>(std::move(scope), std::move(policy), std::move(author),
                                         std::move(guard));
  begin_write(put->author, 1, put_work(put), [put, done = std::move(done)](Status written) {
    if (!written.ok()) return done(std::move(written).error());
    done(std::move(put->stored));
  });
}

Work SociStore::removal_work(const Scope& scope, const Author& author, const Guard& guard) const {
  return [this, scope, author, guard](WriteStatements& statements, Revision revision) -> Status {
    Result<std::optional<Standing>> before = standing_policy(statements, cache_, scope);
    if (!before.ok()) return std::move(before).error();
    const std::optional<Standing>& standing = before.value();
    if (!standing) return nothing_there();
    Status allowed = guard(policy_of(standing));
    if (!allowed.ok()) return allowed;

    remove_policy(statements, revision, scope, *standing, author);
    return Success{};
  };
}

Status SociStore::remove(const Scope& scope, const Author& author, const Guard& guard) {
  return write(author, 1, removal_work(scope, author, guard));
}

void SociStore::async_remove(const Scope& scope, const Author& author, const Guard& guard,
                             RemoveDone done) {
  begin_write(author, 1, removal_work(scope, author, guard), std::move(done));
}

Result<std::vector<Applied>> SociStore::apply(const std::vector<Operation>& operations,
                                              const Author& author, const BatchGuard& guard) {
  if (operations.empty()) return std::vector<Applied>();
  for (const Operation& operation : operations) {
    Status fits_column = check_author(with_change_id(author, operation.change_id));
    if (!fits_column.ok()) return std::move(fits_column).error();
  }
  // Found in the log, it says that all were stored, if the COMMIT ends in doubt.
  const Author last = with_change_id(author, operations.back().change_id);
  std::vector<Applied> applied;  // by the last try
  const auto count = static_cast<long long>(operations.size());
  Status written =
      write(last, count, [&](WriteStatements& statements, Revision revision) -> Status {
        std::vector<std::optional<Standing>> standing;
        std::vector<std::optional<StoredPolicy>> before;
        for (const Operation& operation : operations) {
          Result<std::optional<Standing>> found =
              standing_policy(statements, cache_, operation.scope);
          if (!found.ok()) return std::move(found).error();
          standing.push_back(std::move(found).value());
          before.push_back(policy_of(standing.back()));
        }
        Status allowed = guard(before);
        if (!allowed.ok()) return allowed;
        applied.clear();
        for (std::size_t i = 0; i < operations.size(); ++i) {
          if (!operations[i].policy && !standing[i]) return nothing_there();
        }
        for (std::size_t i = 0; i < operations.size(); ++i) {
          applied.push_back(apply_one(statements, revision++, operations[i], standing[i],
                                      with_change_id(author, operations[i].change_id)));
        }
        return Success{};
      });
  if (!written.ok()) return std::move(written).error();
  return applied;
}

}  // namespace console_policy::store
