// SPDX-License-Identifier: Apache-2.0
// Faults that really happen: locks, limits, rights, lost files, damage. After each the store
// returns "unavailable", has changed nothing, and works again when the fault is gone.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "service/store/database_file.h"
#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds short_wait{200};

// No file of this process may grow beyond `bytes`: writes fail as they do on a full disk.
class FileSizeLimit final {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int){nullptr};
};

// Root may write everywhere, so tests of permissions run as the user `nobody`.
class WithoutRoot final {
 public:
  WithoutRoot() : was_root_(::geteuid() == 0) {
    if (was_root_) REQUIRE(::seteuid(65534) == 0);
  }
  WithoutRoot(const WithoutRoot&) = delete;
  WithoutRoot& operator=(const WithoutRoot&) = delete;
  ~WithoutRoot() {
    if (was_root_ && ::seteuid(0) != 0) std::abort();
  }

 private:
  bool was_root_;
};

struct SqliteStore {
  TemporaryFolder folder;
  std::string path{folder.file("policy.db")};
  std::unique_ptr<Store> store{open_or_fail(sqlite_options(path))};

  Store& operator*() const { return *store; }
  Store* operator->() const { return store.get(); }
};

void check_unavailable(const Error& error, const std::string& words) {
  CHECK(error.code == ErrorCode::unavailable);
  CHECK_THAT(error.internal, Contains(words));
  CHECK_THAT(error.message, Contains("the policy store is"));
}

}  // namespace

TEST_CASE("A write that another program locks out is unavailable at the deadline, reads go on") {
  const TemporaryStore store([](Options& options) { options.wait_timeout = short_wait; });
  put(*store, project("p"), says("before"));
  RawDatabase other(store.options);
  other.lock_writers();

  const auto start = steady_clock::now();
  const Result<StoredPolicy> stored = store->put(project("p"), says("after"), author(), allow);
  const auto waited = steady_clock::now() - start;
  REQUIRE_FALSE(stored.ok());
  CHECK(stored.error().code == ErrorCode::unavailable);
  // MariaDB and its client give up after the same time.
  CHECK_THAT(stored.error().internal,
             Contains(on_mariadb() ? "1205" : "locked beyond the deadline") || Contains("2013"));
  CHECK_THAT(stored.error().message, Contains("the policy store is"));
  CHECK(waited >= short_wait / 2);
  CHECK(waited < short_wait * 50);
  CHECK(find(*store, project("p"))->policy == says("before"));
  CHECK(reason_of(*store, project("p")) == "before");
  CHECK(store->check().ok());

  other.unlock();
  CHECK(put(*store, project("p"), says("after")).revision == 2);
}

TEST_CASE("A writer that waits for another one beyond the deadline is unavailable") {
  const TemporaryStore store([](Options& options) { options.wait_timeout = short_wait; });
  std::atomic<bool> inside{false};
  std::atomic<bool> finish{false};
  std::thread slow([&] {
    const Guard linger = [&](const std::optional<StoredPolicy>&) -> Status {
      inside = true;
      eventually([&] { return finish.load(); });
      return Success{};
    };
    (void)store->put(project("slow"), says("slow"), author(), linger).ok();
  });
  const bool began = eventually([&] { return inside.load(); });
  const Result<StoredPolicy> stored = store->put(project("p"), says("x"), author(), allow);
  finish = true;
  slow.join();
  REQUIRE(began);
  REQUIRE_FALSE(stored.ok());
  check_unavailable(stored.error(), "no session became free within the deadline");
  CHECK_FALSE(find(*store, project("p")));
  CHECK(find(*store, project("slow")));
}

TEST_CASE("A COMMIT that cannot be written is unavailable, changes nothing and leaves no gap",
          "[sqlite]") {
  const SqliteStore store;
  put(*store, project("p"), says("before"));
  {
    const FileSizeLimit limit(std::filesystem::file_size(store.path + "-wal"));
    const Result<StoredPolicy> stored = store->put(project("p"), says("after"), author(), allow);
    REQUIRE_FALSE(stored.ok());
    check_unavailable(stored.error(), "writing failed");
    CHECK_THAT(stored.error().message + stored.error().internal, !Contains("not known"));
    CHECK(find(*store, project("p"))->policy == says("before"));
    CHECK_FALSE(store->remove(project("p"), author(), allow).ok());
    CHECK(revision_of(*store) == 1);
  }
  CHECK(put(*store, project("p"), says("after")).revision == 2);
  RawDatabase raw(store.path);
  CHECK(raw.value("SELECT count(*) FROM change_log") == "2");
  CHECK(raw.value("PRAGMA integrity_check") == "ok");
}

TEST_CASE("A folder that may not be written is an error at the start that names the file",
          "[sqlite]") {
  const TemporaryFolder folder;
  REQUIRE(::chmod(folder.path().c_str(), 0555) == 0);
  const std::string path = folder.file("policy.db");
  const WithoutRoot rights;
  const Result<std::unique_ptr<Store>> opened = open_store(sqlite_options(path));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::unavailable);
  CHECK_THAT(opened.error().message, Contains(path));
  CHECK_THAT(opened.error().message, Contains("Permission denied"));
}

TEST_CASE("A database that may be read and not written is an error at the start", "[sqlite]") {
  SqliteStore store;
  const std::unique_ptr<Store> keeps_files = open_or_fail(sqlite_options(store.path));
  store.store.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    REQUIRE(::chmod((store.path + suffix).c_str(), 0444) == 0);
  }
  REQUIRE(::chmod(store.folder.path().c_str(), 0755) == 0);
  const WithoutRoot rights;
  const Result<std::unique_ptr<Store>> opened = open_store(sqlite_options(store.path));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::unavailable);
  CHECK_THAT(opened.error().message, Contains(store.path));
  CHECK_THAT(opened.error().message, Contains("not writable"));
}

TEST_CASE("A database file that was moved away takes no write until it is back", "[sqlite]") {
  const SqliteStore store;
  put(*store, project("p"), says("before"));
  const bool replaced = GENERATE(false, true);
  std::filesystem::rename(store.path, store.path + ".away");
  if (replaced) std::filesystem::copy_file(store.path + ".away", store.path);
  const Result<StoredPolicy> stored = store->put(project("p"), says("after"), author(), allow);
  REQUIRE_FALSE(stored.ok());
  check_unavailable(stored.error(), "removed or replaced");
  CHECK(eventually([&] { return !store->figures().up; }));
  CHECK_THAT(store->check().value(), Contains("policies from memory"));
  CHECK(reason_of(*store, project("p")) == "before");
  std::filesystem::rename(store.path + ".away", store.path);
  CHECK(eventually([&] { return store->figures().up; }));
  CHECK(store->check().value().empty());
  CHECK(put(*store, project("p"), says("after")).revision == 2);
}

TEST_CASE("A damaged database is an error at the start that names the command for a recovery",
          "[sqlite]") {
  SqliteStore store;
  put(*store, project("p"), says("before"));
  store.store.reset();
  {
    // The first page, with the schema, stays whole.
    std::fstream file(store.path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    const std::string garbage(std::filesystem::file_size(store.path) - 4096, '\xFF');
    file << garbage;
  }
  const Result<std::unique_ptr<Store>> opened = open_store(sqlite_options(store.path));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::unavailable);
  CHECK_THAT(opened.error().message, Contains(store.path));
  CHECK_THAT(opened.error().message, Contains("db restore"));
}

// Overwrites the first page of a table or an index, which is in use whatever its size.
void damage(const std::string& path, const std::string& name) {
  const std::string root =
      RawDatabase(path).value("SELECT rootpage FROM sqlite_master WHERE name = '" + name + "'");
  RawDatabase(path).run("PRAGMA wal_checkpoint(TRUNCATE)");
  constexpr long page_bytes = 4096;
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((std::stol(root) - 1) * page_bytes);
  file << std::string(page_bytes, '\x5a');
}

TEST_CASE("A start checks the policies of a database of any size, and db check all of it",
          "[sqlite]") {
  const std::string damaged =
      GENERATE("policy", "policy_updated", "revision_counter", "change_log_user");
  CAPTURE(damaged);
  SqliteStore store;
  put(*store, project("p"), says("before"));
  store.store.reset();
  RawDatabase(store.path)
      .run(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
          "INSERT INTO policy SELECT 'project', 'p' || i, '', body || printf('%1000s', ''), "
          "revision, "
          "created_at, updated_at, updated_by FROM policy, n WHERE owner_id = 'p'");
  damage(store.path, damaged);
  REQUIRE(std::filesystem::file_size(store.path) > 16UL * 1024 * 1024);
  const Result<std::unique_ptr<Store>> opened = open_store(sqlite_options(store.path));
  CHECK(opened.ok() == (damaged == "change_log_user"));
  if (!opened.ok()) CHECK_THAT(opened.error().message, Contains("db restore"));
  const Result<DatabaseReport> report = check_database(sqlite_options(store.path));
  REQUIRE(report.ok());
  CHECK_FALSE(report.value().faults.empty());
}

TEST_CASE("A database without its revision takes no write, and resolutions go on from memory") {
  const TemporaryStore store;
  put(*store, project("p"), says("x"));
  RawDatabase raw(store.options);
  raw.run("DELETE FROM revision_counter");
  const Result<StoredPolicy> stored = store->put(project("p"), says("y"), author(), allow);
  REQUIRE_FALSE(stored.ok());
  CHECK(stored.error().code == ErrorCode::internal);
  CHECK_THAT(stored.error().internal, Contains("revision_counter"));
  CHECK(eventually([&] { return !store->figures().up; }));
  CHECK(reason_of(*store, project("p")) == "x");
  CHECK(raw.value("SELECT count(*) FROM change_log") == "1");
}

TEST_CASE("No error has the values that were to be stored") {
  const TemporaryStore store([](Options& options) { options.wait_timeout = short_wait; });
  const Author once = author();
  REQUIRE(store->put(project("p"), says("hunter2"), once, allow).ok());
  const Result<StoredPolicy> twice = store->put(project("p"), says("hunter2"), once, allow);
  RawDatabase(store.options).run("DROP TABLE change_log");
  const Result<StoredPolicy> lost = store->put(project("p"), says("hunter2"), author(), allow);
  REQUIRE_FALSE(twice.ok());
  REQUIRE_FALSE(lost.ok());
  for (const Error& error : {twice.error(), lost.error()}) {
    CHECK_THAT(error.message + error.internal, !Contains("hunter2"));
    CHECK_THAT(error.message, !Contains("change_log"));
    CHECK_THAT(error.internal, Contains("database "));
  }
}
