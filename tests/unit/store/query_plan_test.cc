// SPDX-License-Identifier: Apache-2.0
// Every page is a search by an index and needs no sorting, so it takes as long with many rows as
// with few.
#include <catch2/catch.hpp>

#include "service/store/sql_store.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

namespace {

struct SqliteFile {
  TemporaryFolder folder;
  std::string path{folder.file("policy.db")};
  std::unique_ptr<Store> store{open_or_fail(sqlite_options(path))};
};

std::string plan_of(const SqliteFile& file, const std::string& sql) {
  std::string plan;
  for (const std::string& line : RawDatabase(file.path).run("EXPLAIN QUERY PLAN " + sql)) {
    plan += line + "\n";
  }
  return plan;
}

void check_search(const SqliteFile& file, const std::string& sql, const std::string& search) {
  const std::string plan = plan_of(file, sql);
  INFO(sql << "\n" << plan);
  CHECK_THAT(plan, Contains(search));
  CHECK_THAT(plan, !Contains("TEMP B-TREE"));
  CHECK_THAT(plan, !Contains("SCAN"));
}

}  // namespace

TEST_CASE("A page of a list is a search by the primary key that needs no sorting", "[sqlite]") {
  const SqliteFile file;
  const std::optional<Scope> beginning;
  const std::optional<Scope> place = instance("p", 1);
  struct Case {
    PolicyFilter filter;
    std::optional<Scope> after;
    std::string up;
    std::string down;
  };
  for (const Case& one :
       {Case{{}, beginning, "(scope=?)", "(scope=?)"},
        Case{{}, place, "(scope=? AND owner_id>?)", "(scope=? AND owner_id<?)"},
        // Of one project: no more than store.max_policies_per_project.
        Case{{{}, "p"}, beginning, "(scope=? AND owner_id=?)", "(scope=? AND owner_id=?)"},
        Case{{{}, "p"}, place, "(scope=? AND owner_id=?)", "(scope=? AND owner_id=?)"}}) {
    for (const Direction direction : {Direction::ascending, Direction::descending}) {
      const std::optional<Query> query =
          list_query(ScopeKind::instance, one.filter, direction, one.after);
      REQUIRE(query);
      const bool up = direction == Direction::ascending;
      check_search(file, query->text, "PRIMARY KEY " + (up ? one.up : one.down));
    }
  }
}

TEST_CASE("A page of a list by the last change is a search by an index that needs no sorting",
          "[sqlite]") {
  const SqliteFile file;
  struct Case {
    PolicyFilter filter;
    std::string search;
  };
  for (const Case& one :
       {Case{{}, "policy_updated ("},
        Case{{ScopeKind::user, {}}, "policy_scope_updated (scope=? AND "},
        Case{{{}, "p"}, "policy_owner_updated (owner_id=? AND "},
        Case{{ScopeKind::instance, "p"}, "policy_owner_updated (owner_id=? AND "}}) {
    for (const Direction direction : {Direction::ascending, Direction::descending}) {
      const std::string beyond = direction == Direction::ascending ? ">?)" : "<?)";
      check_search(file, list_by_update_query(one.filter, direction, std::nullopt).text,
                   "USING INDEX " + one.search + "updated_at" + beyond);
    }
  }
}

TEST_CASE("A page of changes is a search by an index that needs no sorting, whatever the filter",
          "[sqlite]") {
  const SqliteFile file;
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
          std::string search = timed ? "USING INDEX change_log_time (" : "USING PRIMARY KEY (";
          if (of_scope) search = "USING INDEX change_log_scope" + time + " (scope=? AND ";
          if (of_user) search = "USING INDEX change_log_user" + time + " (user_id=? AND ";
          if (of_project) search = "USING INDEX change_log_owner" + time + " (owner_id=? AND ";
          check_search(file, changes_query(filter, 0, 0).text,
                       "SEARCH change_log " + search + order);
        }
      }
    }
  }
}

TEST_CASE("What is read or deleted of observations is searched by an index", "[sqlite]") {
  const SqliteFile file;
  const std::string from = "SELECT project_id, status FROM availability WHERE ";
  check_search(file, from + "batch > 1 AND batch <= 2", "availability_batch (batch>? AND batch<?)");
  check_search(file, from + "seen_at >= 1 ORDER BY seen_at LIMIT 9",
               "availability_seen (seen_at>?)");
  check_search(file, from + "project_id = 'p' ORDER BY seen_at LIMIT 9",
               "availability_project_seen (project_id=?)");
  check_search(file, "SELECT project_id FROM forgotten_instance WHERE batch > 1 AND batch <= 2",
               "forgotten_instance_batch (batch>? AND batch<?)");
}
