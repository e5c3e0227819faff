// SPDX-License-Identifier: Apache-2.0
// Rows of the change log that are written together: on a real database.
#include "service/store/change_log_insert.h"

#include <catch2/catch.hpp>
#include <string>

#include "service/store/session.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

struct Log {
  TemporaryFolder folder;
  std::string path{folder.file("policy.db")};
  Session session = opened();
  ChangeLogInsert insert{session.sql()};

  Session opened() {
    open_or_fail(options_for(path));  // makes the schema
    return Session(path, std::chrono::steady_clock::now() + std::chrono::seconds(5));
  }

  // Whether it has bodies changes from row to row.
  void add(int number) {
    const std::string text = std::to_string(number);
    ChangeRow& row = insert.add();
    row.revision = number;
    row.change_id = "change-" + text;
    row.changed_at = 1000 + number;
    row.action = number % 2 == 0 ? "update" : "create";
    row.scope = "instance";
    row.owner_id = "p" + text;
    row.instance_id = "i" + text;
    row.request_id = "r" + text;
    row.user_id = "u" + text;
    row.before_present = number % 2 == 0 ? soci::i_ok : soci::i_null;
    row.before_body = "b" + text;
    row.after_present = number % 3 == 0 ? soci::i_null : soci::i_ok;
    row.after_body = "a" + text;
  }

  void add(int first, int last) {
    for (int number = first; number <= last; ++number) add(number);
  }

  std::string value(const std::string& sql) { return RawDatabase(path).value(sql); }
};

}  // namespace

TEST_CASE("However many rows come together, each is in the log as it was filled") {
  Log log;
  int last = 0;
  for (const int count : {1, 2, 3, 15, 16, 17, 31, 32, 33, 50, 1, 16}) {
    Transaction transaction(log.session);
    log.add(last + 1, last + count);
    log.insert.flush();
    transaction.commit();
    last += count;
    CHECK(log.value("SELECT count(*) || ' ' || max(revision) FROM change_log") ==
          std::to_string(last) + " " + std::to_string(last));
  }
  CHECK(log.value("SELECT count(*) FROM change_log WHERE change_id = 'change-' || revision AND "
                  "changed_at = 1000 + revision AND owner_id = 'p' || revision AND "
                  "instance_id = 'i' || revision AND request_id = 'r' || revision AND "
                  "user_id = 'u' || revision AND scope = 'instance' AND "
                  "action = iif(revision % 2 = 0, 'update', 'create') AND "
                  "before_body IS iif(revision % 2 = 0, 'b' || revision, NULL) AND "
                  "after_body IS iif(revision % 3 = 0, NULL, 'a' || revision)") ==
        std::to_string(last));
}

TEST_CASE("Without a row there is nothing to write") {
  Log log;
  Transaction transaction(log.session);
  log.insert.flush();
  transaction.commit();
  CHECK(log.value("SELECT count(*) FROM change_log") == "0");
}

TEST_CASE("A row that cannot be stored is told, and after the rollback none of them is there") {
  Log log;
  {
    Transaction transaction(log.session);
    log.add(1, 5);
    log.add(5);
    CHECK_THROWS_AS(log.insert.flush(), soci::soci_error);
  }
  CHECK(log.value("SELECT count(*) FROM change_log") == "0");

  Transaction transaction(log.session);
  log.add(6, 11);  // as many: by the statement that failed
  log.insert.flush();
  transaction.commit();
  CHECK(log.value("SELECT min(revision) || ' ' || count(*) FROM change_log") == "6 6");
}

TEST_CASE("Rows that are forgotten are not written with those that come next") {
  Log log;
  {
    Transaction transaction(log.session);
    log.add(1, 20);
  }
  log.insert.forget();
  Transaction transaction(log.session);
  log.add(21);
  log.insert.flush();
  transaction.commit();
  CHECK(log.value("SELECT min(revision) || ' ' || count(*) FROM change_log") == "21 1");
}
