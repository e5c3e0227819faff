// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/unit/store/raw_database.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;
using Catch::Matchers::Contains;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

class Umask final {
 public:
  explicit Umask(mode_t mask) : before_(::umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { ::umask(before_); }

 private:
  mode_t before_;
};

class WorkingFolder final {
 public:
  explicit WorkingFolder(const std::string& path) : before_(std::filesystem::current_path()) {
    std::filesystem::current_path(path);
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;
  ~WorkingFolder() {
    std::error_code ignored;
    std::filesystem::current_path(before_, ignored);
  }

 private:
  std::filesystem::path before_;
};

}  // namespace

TEST_CASE("A database that the store makes is for its owner only, whatever the umask") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  std::unique_ptr<Store> store;
  {
    const Umask mask(GENERATE(mode_t{0000}, mode_t{0022}, mode_t{0077}, mode_t{0666}));
    store = open_or_fail(options_for(path));
    put(*store, cloud(), says("x"));
  }
  for (const char* suffix : {"", "-wal", "-shm"}) {
    INFO(suffix);
    CHECK(mode_of(path + suffix) == 0600);
  }
}

TEST_CASE("A database that is there keeps its mode, and the files beside it get the same") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  std::ofstream(path).close();
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  const std::unique_ptr<Store> store = open_or_fail(options_for(path));
  put(*store, cloud(), says("x"));
  for (const char* suffix : {"", "-wal", "-shm"}) CHECK(mode_of(path + suffix) == 0640);
}

TEST_CASE("A relative URL is a file below the working directory, and stays that file") {
  const TemporaryFolder folder;
  Options options;
  options.url = "sqlite:///policy.db";
  std::unique_ptr<Store> store;
  {
    const WorkingFolder working(folder.path());
    store = open_or_fail(options);
  }
  put(*store, cloud(), says("x"));
  CHECK(store->check().ok());
  CHECK(std::filesystem::exists(folder.file("policy.db")));
}

TEST_CASE("Odd file names are taken as they stand") {
  const TemporaryFolder folder;
  for (const char* odd : {"with two  blanks.db", "a=b timeout=9.db", "50%25.db", "file:x", "it's",
                          "\xC3\xA4.db", ":memory:"}) {
    INFO(odd);
    const std::string path = folder.file(odd);
    const std::unique_ptr<Store> store = open_or_fail(options_for(path));
    put(*store, cloud(), says("x"));
    CHECK(std::filesystem::file_size(path) > 0);
  }
  const auto entries = std::filesystem::directory_iterator(folder.path());
  CHECK(std::distance(begin(entries), end(entries)) == 7);
}

TEST_CASE("A folder that is not there is an error that names the file and says why") {
  const TemporaryFolder folder;
  const std::string path = folder.file("missing/policy.db");
  const Result<std::unique_ptr<Store>> opened = open_store(options_for(path));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::unavailable);
  CHECK_THAT(opened.error().message, Contains(path));
  CHECK_THAT(opened.error().message, Contains("No such file or directory"));
}

TEST_CASE("A folder in place of the database is an error that names it") {
  const TemporaryFolder folder;
  const Result<std::unique_ptr<Store>> opened = open_store(options_for(folder.path()));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::unavailable);
  CHECK_THAT(opened.error().message, Contains(folder.path()));
}

TEST_CASE("A file that is no database is refused and left as it was") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  const std::string text(5000, 'x');
  std::ofstream(path) << text;
  const Result<std::unique_ptr<Store>> opened = open_store(options_for(path));
  REQUIRE_FALSE(opened.ok());
  CHECK_THAT(opened.error().message, Contains(path));
  CHECK_THAT(opened.error().message, Contains("not an SQLite database"));
  std::stringstream now;
  now << std::ifstream(path).rdbuf();
  CHECK(now.str() == text);
}

TEST_CASE("A store without sessions and a URL of another database are refused") {
  const TemporaryFolder folder;
  Options none = options_for(folder.file("policy.db"));
  none.sessions = 0;
  Options mysql;
  mysql.url = "mysql://user:hunter2@vip/console_policy";
  for (const Options& options : {none, mysql}) {
    const Result<std::unique_ptr<Store>> opened = open_store(options);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().code == ErrorCode::invalid_request);
    CHECK_THAT(opened.error().message + opened.error().internal, !Contains("hunter2"));
  }
  CHECK_FALSE(std::filesystem::exists(folder.file("policy.db")));
}

TEST_CASE(
    "SQLite locks no connection and counts no memory for a program that opens a store first") {
  const TemporaryStore store;
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open_v2(store.path.c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr) ==
          SQLITE_OK);
  CHECK(sqlite3_db_mutex(connection) == nullptr);
  CHECK(sqlite3_memory_used() == 0);
  sqlite3_close(connection);
}
