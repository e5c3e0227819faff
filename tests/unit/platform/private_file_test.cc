// SPDX-License-Identifier: Apache-2.0
#include "service/platform/private_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/unit/temporary_folder.h"

using namespace console_policy;
using namespace console_policy::platform;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

}  // namespace

TEST_CASE("A private file is whole and readable by its owner only, whatever the umask") {
  const TemporaryFolder folder;
  const mode_t before = umask(0);
  CHECK(write_private_file(folder.file("secret"), "text\n").ok());
  umask(before);
  CHECK(mode_of(folder.file("secret")) == 0600U);
  std::stringstream text;
  text << std::ifstream(folder.file("secret")).rdbuf();
  CHECK(text.str() == "text\n");
  CHECK_FALSE(file_exists(folder.file("secret.new")));
}

TEST_CASE("A private file never replaces one that is there") {
  const TemporaryFolder folder;
  CHECK(write_private_file(folder.file("secret"), "old").ok());
  const auto status = write_private_file(folder.file("secret"), "new");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message.find("/secret: File exists") != std::string::npos);
  std::stringstream text;
  text << std::ifstream(folder.file("secret")).rdbuf();
  CHECK(text.str() == "old");
}

TEST_CASE("A private folder is made with its parents and left as it is when it is there") {
  const TemporaryFolder folder;
  const std::string path = folder.file(GENERATE("a/b", "a/b/"));
  CHECK(make_private_folder(path).ok());
  CHECK(mode_of(path) == 0700U);
  CHECK(make_private_folder(path).ok());
  CHECK_FALSE(make_private_folder("/dev/null/folder").ok());
}
