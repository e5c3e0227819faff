// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

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

TEST_CASE("A new database has mode 0600, whatever the umask", "[sqlite]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  std::unique_ptr<Store> store;
  {
    const Umask mask(GENERATE(mode_t{0000}, mode_t{0022}, mode_t{0077}, mode_t{0666}));
    store = open_or_fail(sqlite_options(path));
    put(*store, cloud(), says("x"));
  }
  for (const char* suffix : {"", "-wal", "-shm"}) {
    INFO(suffix);
    CHECK(mode_of(path + suffix) == 0600);
  }
}

TEST_CASE("An existing database keeps its mode, and the files beside it get the same", "[sqlite]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  std::ofstream(path).close();
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  const std::unique_ptr<Store> store = open_or_fail(sqlite_options(path));
  put(*store, cloud(), says("x"));
  for (const char* suffix : {"", "-wal", "-shm"}) CHECK(mode_of(path + suffix) == 0640);
}

TEST_CASE("A relative URL is a file below the working directory, and stays that file", "[sqlite]") {
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

TEST_CASE("Odd file names are used as they are written", "[sqlite]") {
  const TemporaryFolder folder;
  for (const char* odd : {"with two  blanks.db", "a=b timeout=9.db", "50%25.db", "file:x", "it's",
                          "\xC3\xA4.db", ":memory:"}) {
    INFO(odd);
    const std::string path = folder.file(odd);
    const std::unique_ptr<Store> store = open_or_fail(sqlite_options(path));
    put(*store, cloud(), says("x"));
    CHECK(std::filesystem::file_size(path) > 0);
  }
  const auto entries = std::filesystem::directory_iterator(folder.path());
  CHECK(std::distance(begin(entries), end(entries)) == 7);
}

TEST_CASE("A missing folder is an error that names the file and the reason", "[sqlite]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("missing/policy.db");
  const Result<std::unique_ptr<Store>> opened = open_store(sqlite_options(path));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::unavailable);
  CHECK_THAT(opened.error().message, Contains(path));
  CHECK_THAT(opened.error().message, Contains("No such file or directory"));
}

TEST_CASE("A folder in place of the database is an error that names it", "[sqlite]") {
  const TemporaryFolder folder;
  const Result<std::unique_ptr<Store>> opened = open_store(sqlite_options(folder.path()));
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().code == ErrorCode::unavailable);
  CHECK_THAT(opened.error().message, Contains(folder.path()));
}

TEST_CASE("A file that is no database is refused and stays unchanged", "[sqlite]") {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.db");
  const std::string text(5000, 'x');
  std::ofstream(path) << text;
  const Result<std::unique_ptr<Store>> opened = open_store(sqlite_options(path));
  REQUIRE_FALSE(opened.ok());
  CHECK_THAT(opened.error().message, Contains(path));
  CHECK_THAT(opened.error().message, Contains("not an SQLite database"));
  std::stringstream now;
  now << std::ifstream(path).rdbuf();
  CHECK(now.str() == text);
}

TEST_CASE("A store without sessions and a URL with a password are refused", "[sqlite]") {
  const TemporaryFolder folder;
  Options none = sqlite_options(folder.file("policy.db"));
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
