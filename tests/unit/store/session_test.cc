// SPDX-License-Identifier: Apache-2.0
#include "service/store/session.h"

#include <catch2/catch.hpp>

#include "service/store/session_pool.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy::store;
using namespace console_policy::store::test;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

std::string pragma(Session& session, const std::string& name) {
  std::string value;
  session.sql() << "PRAGMA " + name, soci::into(value);
  return value;
}

long long count_changes(Session& session) {
  long long count = 0;
  session.sql() << "SELECT count(*) FROM change_log", soci::into(count);
  return count;
}

Deadline soon() {
  return steady_clock::now() + milliseconds{2000};
}

}  // namespace

TEST_CASE("Every session of the pool writes ahead, syncs at each commit and checks foreign keys") {
  const TemporaryStore store;
  SessionPool pool(store.path, 2, Session::reader_cache_kib, soon());
  std::optional<SessionPool::Lease> first = pool.lease(soon());
  std::optional<SessionPool::Lease> second = pool.lease(soon());
  REQUIRE(first);
  REQUIRE(second);
  for (Session* session : {&first->session(), &second->session()}) {
    CHECK(pragma(*session, "journal_mode") == "wal");
    CHECK(pragma(*session, "synchronous") == "2");  // FULL
    CHECK(pragma(*session, "foreign_keys") == "1");
  }
}

TEST_CASE("A session waits for locks as long as its lease's deadline leaves") {
  const TemporaryStore store;
  SessionPool pool(store.path, 1, Session::reader_cache_kib, soon());
  std::optional<SessionPool::Lease> lease = pool.lease(soon());
  REQUIRE(lease);
  const int wait = std::stoi(pragma(lease->session(), "busy_timeout"));
  CHECK(wait > 1000);
  CHECK(wait <= 2000);
}

TEST_CASE("A pool lends no more sessions than it has, until the deadline") {
  const TemporaryStore store;
  SessionPool pool(store.path, 1, Session::reader_cache_kib, soon());
  {
    const std::optional<SessionPool::Lease> lease = pool.lease(soon());
    REQUIRE(lease);
    const auto start = steady_clock::now();
    CHECK_FALSE(pool.lease(start + milliseconds{50}));
    CHECK(steady_clock::now() - start >= milliseconds{50});
  }
  CHECK(pool.lease(steady_clock::now()));
}

TEST_CASE("A session that comes back in a transaction is replaced, and its transaction undone") {
  const TemporaryStore store;
  SessionPool pool(store.path, 1, Session::reader_cache_kib, soon());
  {
    std::optional<SessionPool::Lease> lease = pool.lease(soon());
    REQUIRE(lease);
    lease->session().sql() << "BEGIN IMMEDIATE";
    lease->session().sql() << "UPDATE revision_counter SET revision = 77";
  }
  std::optional<SessionPool::Lease> lease = pool.lease(soon());
  REQUIRE(lease);
  CHECK_FALSE(lease->session().in_transaction());
  CHECK(RawDatabase(store.path).value("SELECT revision FROM revision_counter") == "0");
}

TEST_CASE("A session in use when an exception passes is not lent again") {
  const TemporaryStore store;
  SessionPool pool(store.path, 1, Session::reader_cache_kib, soon());
  const auto fail_while_borrowed = [&pool] {
    std::optional<SessionPool::Lease> lease = pool.lease(soon());
    REQUIRE(lease);
    lease->session().sql() << "PRAGMA foreign_keys=OFF";
    lease->session().sql() << "SELECT nonsense";
  };
  CHECK_THROWS_AS(fail_while_borrowed(), soci::soci_error);
  std::optional<SessionPool::Lease> lease = pool.lease(soon());
  REQUIRE(lease);
  CHECK(pragma(lease->session(), "foreign_keys") == "1");
}

TEST_CASE("Each session of a pool keeps no more pages than it was told, a new one too") {
  const TemporaryStore store;
  SessionPool pool(store.path, 1, 300, soon());
  for (int i = 0; i < 2; ++i) {
    std::optional<SessionPool::Lease> lease = pool.lease(soon());
    REQUIRE(lease);
    CHECK(pragma(lease->session(), "cache_size") == "-300");
    lease->session().sql() << "BEGIN";  // so it is closed, not lent again
  }
  Session reader(store.path, soon());
  CHECK(pragma(reader, "cache_size") == "-512");
}

TEST_CASE("A transaction that is not committed leaves nothing behind") {
  const TemporaryStore store;
  Session session(store.path, soon());
  const std::string insert =
      "INSERT INTO change_log VALUES (1, 'id', 0, 'create', 'cloud', '', '', 'r', 'u', NULL, NULL)";
  {
    const Transaction transaction(session);
    session.sql() << insert;
    CHECK(session.in_transaction());
  }
  CHECK_FALSE(session.in_transaction());
  CHECK(count_changes(session) == 0);
  {
    Transaction transaction(session);
    session.sql() << insert;
    transaction.commit();
  }
  CHECK_FALSE(session.in_transaction());
  CHECK(count_changes(session) == 1);
}

TEST_CASE("A transaction holds the write lock from its start") {
  const TemporaryStore store;
  Session first(store.path, steady_clock::now());
  Session second(store.path, steady_clock::now());
  const Transaction transaction(first);
  CHECK_THROWS_AS(Transaction(second), soci::soci_error);
}

TEST_CASE("Commits of every size are whole for other connections and after a checkpoint") {
  const TemporaryStore store;
  RawDatabase other(store.path);
  Session session(store.path, soon());
  long long rows = 0;
  // The largest is beyond what the session keeps in memory: pages go to the log before COMMIT, and
  // some are written there again.
  for (const int count : {1, 10, 1000, 4000, 3}) {
    {
      Transaction transaction(session);
      for (int i = 0; i < count; ++i) {
        const std::string number = std::to_string(++rows);
        std::string insert = "INSERT INTO change_log VALUES (" + number;
        insert += ", 'id" + number + "', 0, 'create', 'cloud', '', '', 'r', 'u', NULL, '";
        insert.append(700, 'b');
        session.sql() << insert + "')";
      }
      transaction.commit();
    }
    CHECK(other.value("SELECT count(*) FROM change_log") == std::to_string(rows));
    CHECK(other.value("PRAGMA integrity_check") == "ok");
    {
      const Transaction given_up(session);
      session.sql() << "DELETE FROM change_log";
    }
    if (count == 1000) session.checkpoint();
    CHECK(other.value("SELECT count(*) FROM change_log") == std::to_string(rows));
  }
  CHECK(other.value("PRAGMA integrity_check") == "ok");
}
