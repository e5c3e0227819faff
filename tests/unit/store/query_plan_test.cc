// SPDX-License-Identifier: Apache-2.0
// What the store asks for is found by an index, so it stays quick when there is much.
#include <catch2/catch.hpp>

#include "service/store/soci_store.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

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

}  // namespace

TEST_CASE("A lookup searches each scope by the primary key") {
  const TemporaryStore store;
  const std::string plan = plan_of(store.path, LookupStatement::text());
  INFO(plan);
  CHECK_THAT(plan, !Contains("SCAN policy"));
  CHECK_THAT(plan, !Contains("TEMP B-TREE"));
  const std::string search =
      "SEARCH policy USING PRIMARY KEY (scope=? AND owner_id=? AND instance_id=?)";
  std::size_t searches = 0;
  for (std::size_t at = plan.find(search); at != std::string::npos;
       at = plan.find(search, at + 1)) {
    ++searches;
  }
  CHECK(searches == LookupStatement::max_scopes);
}

TEST_CASE("A page of a list is a search by the primary key that needs no sorting") {
  const TemporaryStore store;
  struct Case {
    ListOwner owner;
    ListStart start;
    const char* search;
  };
  for (const Case& one :
       {Case{ListOwner::any, ListStart::beginning, "PRIMARY KEY (scope=?)"},
        Case{ListOwner::any, ListStart::after_place, "PRIMARY KEY (scope=? AND owner_id>?)"},
        Case{ListOwner::one_project, ListStart::beginning, "PRIMARY KEY (scope=? AND owner_id=?)"},
        Case{ListOwner::one_project, ListStart::after_place,
             "PRIMARY KEY (scope=? AND owner_id=? AND instance_id>?)"}}) {
    const std::string plan = plan_of(store.path, list_sql(one.owner, one.start));
    INFO(plan);
    CHECK_THAT(plan, Contains(one.search));
    CHECK_THAT(plan, !Contains("TEMP B-TREE"));
  }
}

TEST_CASE(
    "A page of changes is a search by revision, and by the project's index when one is named") {
  const TemporaryStore store;
  const std::string all = plan_of(store.path, changes_sql(ListOwner::any));
  CHECK_THAT(all, Contains("SEARCH change_log USING PRIMARY KEY (revision<?)"));
  CHECK_THAT(all, !Contains("TEMP B-TREE"));
  const std::string one = plan_of(store.path, changes_sql(ListOwner::one_project));
  CHECK_THAT(one, Contains("USING INDEX change_log_owner (owner_id=? AND revision<?)"));
  CHECK_THAT(one, !Contains("TEMP B-TREE"));
}
