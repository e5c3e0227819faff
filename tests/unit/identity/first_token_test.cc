// SPDX-License-Identifier: Apache-2.0
#include "service/identity/first_token.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "service/identity/static_identity.h"
#include "tests/unit/temporary_folder.h"

using namespace console_policy;
using namespace console_policy::identity;

namespace {

std::string read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("A first start writes a token and, apart from it, its hash") {
  const TemporaryFolder folder;
  const std::string yaml = folder.file("tokens.yaml");
  const auto made = make_first_token(folder.path(), yaml);
  REQUIRE(made.ok());

  std::string token = read(made.value().token_file);
  REQUIRE(token.size() == 44);
  token.pop_back();
  CHECK(read(yaml).find(hex(sha256(token))) != std::string::npos);
  CHECK(read(yaml).find(token) == std::string::npos);
  for (const std::string& path : {made.value().token_file, yaml}) {
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
  }

  // A tokens file is never replaced.
  CHECK_FALSE(make_first_token(folder.path(), yaml).ok());
}
