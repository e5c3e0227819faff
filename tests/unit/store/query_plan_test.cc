// SPDX-License-Identifier: Apache-2.0
// What the store asks for is found by an index, so it stays quick when there is much.
#include <catch2/catch.hpp>

#include "service/store/soci_store.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

namespace {

std::string plan_of(const std::string& path, const std::string& sql) {
  std::string plan;
  for (const std::string& line : RawDatabase(path).run("EXPLAIN QUERY PLAN " + sql)) {
    plan += line + "\n";
  }
  return plan;
}

std::size_t count_of(const std::string& part, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("A lookup searches each scope by the primary key") {
  const TemporaryStore store;
  const std::string plan = plan_of(store.path, LookupStatement::text());
  INFO(plan);
  CHECK_THAT(plan, !Contains("SCAN policy"));
  CHECK_THAT(plan, !Contains("TEMP B-TREE"));
  const std::string search =
      "SEARCH policy USING PRIMARY KEY (scope=? AND owner_id=? AND instance_id=?)";
  CHECK(count_of(search, plan) == LookupStatement::max_scopes);
}

TEST_CASE("A page of a list is a search by the primary key that needs no sorting") {
  const TemporaryStore store;
  struct Case {
    ListOwner owner;
    ListStart start;
    Direction direction;
    const char* search;
  };
  for (const Case& one :
       {Case{ListOwner::any, ListStart::beginning, Direction::ascending, "PRIMARY KEY (scope=?)"},
        Case{ListOwner::any, ListStart::beginning, Direction::descending, "PRIMARY KEY (scope=?)"},
        Case{ListOwner::any, ListStart::after_place, Direction::ascending,
             "PRIMARY KEY (scope=? AND owner_id>?)"},
        Case{ListOwner::any, ListStart::after_place, Direction::descending,
             "PRIMARY KEY (scope=? AND owner_id<?)"},
        Case{ListOwner::one_project, ListStart::beginning, Direction::ascending,
             "PRIMARY KEY (scope=? AND owner_id=?)"},
        Case{ListOwner::one_project, ListStart::beginning, Direction::descending,
             "PRIMARY KEY (scope=? AND owner_id=?)"},
        Case{ListOwner::one_project, ListStart::after_place, Direction::ascending,
             "PRIMARY KEY (scope=? AND owner_id=? AND instance_id>?)"},
        Case{ListOwner::one_project, ListStart::after_place, Direction::descending,
             "PRIMARY KEY (scope=? AND owner_id=? AND instance_id<?)"}}) {
    const std::string plan = plan_of(store.path, list_sql(one.owner, one.start, one.direction));
    INFO(plan);
    CHECK_THAT(plan, Contains(one.search));
    CHECK_THAT(plan, !Contains("TEMP B-TREE"));
  }
}

TEST_CASE("A page of a list by the last change is a search by an index that needs no sorting") {
  const TemporaryStore store;
  struct Case {
    PolicyFilter filter;
    std::string search;
  };
  for (const Case& one :
       {Case{{}, "policy_scope_updated (scope=? AND "},  // of each kind, merged
        Case{{ScopeKind::user, {}}, "policy_scope_updated (scope=? AND "},
        Case{{{}, "p"}, "policy_owner_updated (owner_id=? AND "},
        Case{{ScopeKind::instance, "p"}, "policy_owner_updated (owner_id=? AND "}}) {
    for (const Direction direction : {Direction::ascending, Direction::descending}) {
      const std::string plan = plan_of(store.path, list_by_update_sql(one.filter, direction));
      INFO(plan);
      CHECK_THAT(plan, Contains("USING INDEX " + one.search + "updated_at" +
                                (direction == Direction::ascending ? ">?)" : "<?)")));
      CHECK_THAT(plan, !Contains("TEMP B-TREE"));
    }
  }
}

TEST_CASE("A page of changes is a search by an index that needs no sorting, whatever the filter") {
  const TemporaryStore store;
  for (const bool timed : {false, true}) {
    const std::string order = timed ? "changed_at>? AND changed_at<?)" : "revision<?)";
    const std::string time = timed ? "_time" : "";
    for (const bool of_scope : {false, true}) {
      for (const bool of_project : {false, true}) {
        for (const bool of_user : {false, true}) {
          ChangeFilter filter;
          if (timed) filter.since = at(0);
          if (of_scope) filter.kind = ScopeKind::instance;
          if (of_project) filter.project_id = "p";
          if (of_user) filter.user_id = "u";
          std::string search = "USING PRIMARY KEY (";
          // Without a kind of each, merged.
          if (timed) search = "USING INDEX change_log_scope_time (scope=? AND ";
          if (of_scope) search = "USING INDEX change_log_scope" + time + " (scope=? AND ";
          if (of_user) search = "USING INDEX change_log_user" + time + " (user_id=? AND ";
          if (of_project) search = "USING INDEX change_log_owner" + time + " (owner_id=? AND ";
          const std::string plan = plan_of(store.path, changes_sql(filter));
          INFO(plan);
          search += order;
          CHECK_THAT(plan, Contains("SEARCH change_log " + search));
          CHECK_THAT(plan, !Contains("TEMP B-TREE"));
        }
      }
    }
  }
}

TEST_CASE("A page of all kinds by time is merged of those of each kind") {
  const TemporaryStore store;
  ChangeFilter filter;
  filter.since = at(0);
  const std::string policies = plan_of(store.path, list_by_update_sql({}, Direction::descending));
  const std::string changes = plan_of(store.path, changes_sql(filter));
  INFO(policies << changes);
  CHECK(count_of("SEARCH policy USING INDEX policy_scope_updated (scope=? ", policies) == 5);
  CHECK(count_of("SEARCH change_log USING INDEX change_log_scope_time (scope=? ", changes) == 5);
  for (const std::string& plan : {policies, changes}) {
    CHECK(count_of("MERGE (UNION ALL)", plan) == 4);
    CHECK_THAT(plan, !Contains("SCAN"));
  }
}
