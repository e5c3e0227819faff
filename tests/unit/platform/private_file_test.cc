// SPDX-License-Identifier: Apache-2.0
#include "service/platform/private_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace console_policy::platform;

namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char folder[] = "/tmp/console-policy-files-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    path = folder;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

}  // namespace

TEST_CASE("A private file is whole and readable by its owner only, whatever the umask") {
  const TemporaryFolder folder;
  const mode_t before = umask(0);
  CHECK(write_private_file(folder.path + "/secret", "text\n").ok());
  umask(before);
  CHECK(mode_of(folder.path + "/secret") == 0600U);
  std::stringstream text;
  text << std::ifstream(folder.path + "/secret").rdbuf();
  CHECK(text.str() == "text\n");
  CHECK_FALSE(file_exists(folder.path + "/secret.new"));
}

TEST_CASE("A private file never replaces one that is there") {
  const TemporaryFolder folder;
  CHECK(write_private_file(folder.path + "/secret", "old").ok());
  const auto status = write_private_file(folder.path + "/secret", "new");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message.find("/secret: File exists") != std::string::npos);
  std::stringstream text;
  text << std::ifstream(folder.path + "/secret").rdbuf();
  CHECK(text.str() == "old");
}

TEST_CASE("A private folder is made with its parents and left as it is when it is there") {
  const TemporaryFolder folder;
  const std::string path = folder.path + "/a/b";
  CHECK(make_private_folder(path).ok());
  CHECK(mode_of(path) == 0700U);
  CHECK(make_private_folder(path).ok());
  CHECK_FALSE(make_private_folder("/dev/null/folder").ok());
}
