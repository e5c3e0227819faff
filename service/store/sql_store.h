// SPDX-License-Identifier: Apache-2.0
// SqlStore: the Store over a Database. Lists are in lists.cc.
//
// Contract: Store's. No exception leaves an operation.
// Threads:  as Store.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/store/database.h"
#include "service/store/follower.h"
#include "service/store/observation_map.h"
#include "service/store/observation_writer.h"
#include "service/store/policy_feed.h"
#include "service/store/policy_map.h"
#include "service/store/rows.h"
#include "service/store/store.h"

namespace console_policy::store {

class SqlStore final : public Store {
 public:
  SqlStore(std::unique_ptr<Dialect> dialect, const Options& options, const Report& report);

  // Errors: as open_store().
  Status start();

  Result<InForce> in_force(const std::vector<Scope>& scopes) const override;
  std::vector<SeenType> seen(const ProjectId& project, const InstanceId& instance) const override {
    return observations_.find(project.text(), instance.text());
  }
  void learn(const ProjectId& project, const InstanceId& instance, const Learn& learn) override {
    observations_.learn(project.text(), instance.text(), learn);
  }
  std::vector<SeenOfInstance> list_seen(const SeenFilter& filter,
                                        const std::optional<SeenPlace>& after,
                                        std::size_t limit) const override {
    return observations_.list(filter, after, limit);
  }
  std::vector<SeenCount> count_seen(const std::optional<std::string>& project_id,
                                    const std::optional<SeenCountPlace>& after,
                                    std::size_t limit) const override {
    return observations_.count(project_id, after, limit);
  }
  Result<std::string> check() const override { return follower_.check(); }
  Figures figures() const override;

  Result<std::optional<StoredPolicy>> find(const Scope& scope) override;
  Result<StoredPolicy> put(const Scope& scope, const Policy& policy, const Author& author,
                           const Guard& guard) override;
  Status remove(const Scope& scope, const Author& author, const Guard& guard) override;
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
  Result<std::optional<Change>> change(Revision revision) override;
  Result<std::vector<OpenedOnDay>> history(const std::string& since_day) override;
  Status forget(const ProjectId& project, const InstanceId& instance) override {
    return observation_writer_.forget(project.text(), instance.text());
  }
  // For tests: what the observation writer does once a minute.
  Status maintain(Timestamp now) { return observation_writer_.maintain(now); }

 private:
  // One operation within its transaction.
  struct Write {
    const Operation* operation{nullptr};
    std::optional<StoredPolicy> before;
    StoredPolicy after;  // of a put
    Action action{Action::create};
    Revision revision{0};
  };

  Result<std::vector<Write>> write(const std::vector<Operation>& operations, const Author& author,
                                   const BatchGuard& guard);
  Status write_in(soci::session& sql, std::vector<Write>& writes, const Author& author,
                  const BatchGuard& guard, const Position& mine);
  // The first of `count` new revisions, with the policies in memory up to date until there.
  Result<Revision> next_revisions(soci::session& sql, std::size_t count, const Position& mine);
  Status check_quotas(const std::vector<Write>& writes) const;

  const Options options_;
  Database database_;
  PolicyMap policies_;
  PolicyFeed feed_;
  ObservationMap observations_;
  // The last two: their threads use what stands above.
  Follower follower_;
  ObservationWriter observation_writer_;
};

// The statements of lists, without the value of LIMIT. EXPLAIN QUERY PLAN must show a search by an
// index and no sorting. list_query(): of one kind of scope; nothing when the page has none of it.
std::optional<Query> list_query(ScopeKind kind, const PolicyFilter& filter, Direction direction,
                                const std::optional<Scope>& after);
Query list_by_update_query(const PolicyFilter& filter, Direction direction,
                           const std::optional<UpdatePlace>& after);
Query changes_query(const ChangeFilter& filter, long long latest, Revision before);

}  // namespace console_policy::store
