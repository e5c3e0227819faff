// SPDX-License-Identifier: Apache-2.0
// SociStore: the Store over SOCI. Its operations stand in lookup.cc, in_force.cc, write.cc (and
// write_group.cc: their transactions), list.cc, list_by_update.cc, changes.cc, availability.cc,
// availability_list.cc.
//
// Contract: Store's. No exception leaves an operation.
// Threads:  as Store. Writes queue in the order in which they came, and one thread commits those
//           that have come together: so a crowd of writers neither spins on the database's lock nor
//           takes the sessions from the readers.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "service/store/cache_loader.h"
#include "service/store/carry_over.h"
#include "service/store/checkpoints.h"
#include "service/store/database_error.h"
#include "service/store/fair_semaphore.h"
#include "service/store/policy_cache.h"
#include "service/store/seen_cache.h"
#include "service/store/session.h"
#include "service/store/session_pool.h"
#include "service/store/sqlite_file.h"
#include "service/store/store.h"
#include "service/store/wal_index.h"
#include "service/store/write_queue.h"

namespace console_policy::store {

// A transaction that has the database's one write lock, and what its COMMIT concerns.
struct OpenWrite {
  SessionPool::Lease& lease;
  Transaction& transaction;
  CarryOver& carry;
};

class SociStore final : public Store {
 public:
  // Opens all sessions: lets soci::soci_error through. `file` is what `path` leads to.
  SociStore(const std::string& path, const FileIdentity& file, const Options& options,
            CheckpointsTold told);

  Result<Snapshot> lookup(const std::vector<Scope>& scopes) override;
  Result<InForce> in_force(const std::vector<Scope>& scopes) override;
  CacheFigures cache_figures() const override { return cache_.figures(); }
  WalFigures wal_figures() const override;
  Result<StoredPolicy> put(const Scope& scope, const Policy& policy, const Author& author,
                           const Guard& guard) override;
  void async_put(Scope scope, Policy policy, Author author, Guard guard, PutDone done) override;
  Status remove(const Scope& scope, const Author& author, const Guard& guard) override;
  void async_remove(const Scope& scope, const Author& author, const Guard& guard,
                    RemoveDone done) override;
  std::size_t waiting_writes() const override { return writes_.waiting(); }
  Result<std::vector<Applied>> apply(const std::vector<Operation>& operations, const Author& author,
                                     const BatchGuard& guard) override;
  Result<std::vector<StoredPolicy>> list(const PolicyFilter& filter, Direction direction,
                                         const std::optional<Scope>& after,
                                         std::size_t limit) override;
  Result<std::vector<StoredPolicy>> list_by_update(const PolicyFilter& filter, Direction direction,
                                                   const std::optional<UpdatePlace>& after,
                                                   std::size_t limit) override;
  Result<std::vector<Change>> changes(const ChangeFilter& filter, std::optional<Revision> before,
                                      std::size_t limit) override;
  Status learn(const ProjectId& project, const InstanceId& instance, Timestamp now,
               const Learn& learn) override;
  Result<std::vector<SeenType>> seen(const ProjectId& project, const InstanceId& instance) override;
  Status forget(const ProjectId& project, const InstanceId& instance) override;
  Result<std::vector<SeenOfInstance>> list_seen(const SeenFilter& filter,
                                                const std::optional<SeenPlace>& after,
                                                std::size_t limit) override;
  Result<std::vector<SeenCount>> count_seen(const std::optional<std::string>& project_id,
                                            const std::optional<SeenCountPlace>& after,
                                            std::size_t limit) override;
  Result<std::size_t> forget_old(Timestamp now) override;
  Status check() override;

 private:
  Deadline deadline() const { return std::chrono::steady_clock::now() + wait_timeout_; }

  // All that a put() is about; its result is in `stored`.
  struct Put {
    Put(Scope scope, Policy policy, Author its_author, Guard its_guard);
    Author author;
    Guard guard;
    std::string body;
    StoredPolicy stored;
  };
  Work put_work(const std::shared_ptr<Put>& put) const;
  Work removal_work(const Scope& scope, const Author& author, const Guard& guard) const;

  Status write(const Author& author, long long changes, Work work);  // and waits for it
  void begin_write(const Author& author, long long changes, Work work, WriteDone done);
  void write_group(const WriteGroup& group) noexcept;
  bool write_together(const WriteGroup& group);
  Status write_alone(const Write& write);
  Result<const std::string*> carry_out(WriteStatements& statements, const WriteGroup& group) const;

  // Calls `Status work(const OpenWrite&)` in a transaction that has the turn to write. What the
  // work does not commit is rolled back; what it throws becomes an error.
  template <class Work>
  Status in_write_turn(Deadline until, const Work& work);

  // One write of what was seen: `work` in a transaction without a revision, and COMMIT.
  using SeenWork = std::function<Status(Session& session, WrittenSeen& written)>;
  Status write_seen(const SeenWork& work);

  // Success while the path still leads to the file that is open.
  Status check_file() const;

  const std::string path_;
  const FileIdentity file_;
  const std::chrono::milliseconds wait_timeout_;
  const AvailabilityBounds availability_;
  // Taken before write_turn_: at most one report stands in the queue of the writers.
  FairSemaphore seen_turn_{1};
  FairSemaphore write_turn_{1};
  SessionPool pool_;         // of lists, which may take long
  SessionPool lookup_pool_;  // of what threads ask that must not wait for those
  // One, of those who have the turn to write: what it has read stays good while nobody else writes.
  SessionPool write_pool_;
  Session watch_;  // keeps the WAL-index mapped
  const WalIndex wal_index_;
  PolicyCache cache_;
  SeenCache seen_cache_;
  // The last three: their threads use what stands above.
  CacheLoader loader_;
  Checkpoints checkpoints_;
  WriteQueue writes_;
};

template <class Work>
Status SociStore::in_write_turn(Deadline until, const Work& work) {
  return without_exceptions(path_, [&]() -> Status {
    const std::optional<FairSemaphore::Permit> turn = write_turn_.acquire(until);
    if (!turn) return busy_error(path_);
    std::optional<SessionPool::Lease> lease = write_pool_.lease(until);
    if (!lease) return busy_error(path_);
    Status same_file = check_file();
    if (!same_file.ok()) return same_file;

    Transaction transaction(lease->session());
    CarryOver carry(lease->session(), wal_index_, cache_, seen_cache_, checkpoints_);
    return work(OpenWrite{*lease, transaction, carry});
  });
}

// The statements of lists, by what is asked for. EXPLAIN QUERY PLAN must show searches by an index
// and no sorting.
enum class ListOwner { any, one_project };
enum class ListStart { beginning, after_place };
std::string list_sql(ListOwner owner, ListStart start,
                     Direction direction);  // of one kind of scope
// What the filter's values are does not matter, only which there are.
std::string list_by_update_sql(const PolicyFilter& filter, Direction direction);
std::string changes_sql(const ChangeFilter& filter);
std::string list_seen_sql(const SeenFilter& filter);
enum class CountOf { all_projects, one_project };
std::string count_seen_sql(CountOf of);

}  // namespace console_policy::store
