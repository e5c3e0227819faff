// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/temporary_folder.h"

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace console_policy {

TemporaryFolder::TemporaryFolder()
    : path_((std::filesystem::temp_directory_path() / "console-policy.XXXXXX").string()) {
  REQUIRE(::mkdtemp(path_.data()) != nullptr);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // what is left behind fails no test
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
  std::string path = file(name);
  std::ofstream stream(path, std::ios::binary);
  stream << text;
  stream.close();
  REQUIRE(stream.good());
  return path;
}

}  // namespace console_policy
