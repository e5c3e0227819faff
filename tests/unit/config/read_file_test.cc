// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/unit/config/config_file.h"
#include "tests/unit/temporary_folder.h"

namespace console_policy::config {

TEST_CASE("a file is read whole, up to the bound") {
  const TemporaryFolder folder;
  const std::string text(max_file_bytes, 'x');
  const Result<std::string> read = read_file(folder.write("f", text));
  REQUIRE(read.ok());
  CHECK(read.value() == text);
}

TEST_CASE("a file beyond the bound is refused") {
  const TemporaryFolder folder;
  const std::string path = folder.write("f", std::string(2 * 1024 * 1024, 'x'));
  const Result<std::string> read = read_file(path);
  REQUIRE(!read.ok());
  CHECK(read.error().code == ErrorCode::invalid_request);
  CHECK(read.error().message == path + ": bigger than 1048576 bytes");
}

TEST_CASE("a file that is not there is refused with its path") {
  const Result<std::string> read = read_file("/nonexistent/c.yaml");
  REQUIRE(!read.ok());
  CHECK(read.error().message == "/nonexistent/c.yaml: No such file or directory");
}

TEST_CASE("a folder is refused") {
  const TemporaryFolder folder;
  const Result<std::string> read = read_file(folder.path());
  REQUIRE(!read.ok());
  CHECK(read.error().message == folder.path() + ": not a regular file");
}

TEST_CASE("a pipe is refused without waiting for a writer") {
  const TemporaryFolder folder;
  const std::string path = folder.file("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const Result<std::string> read = read_file(path);
  REQUIRE(!read.ok());
  CHECK(read.error().message == path + ": not a regular file");
}

TEST_CASE("a configuration file of two megabytes is refused") {
  CHECK(refusal("# " + std::string(2 * 1024 * 1024, 'x')) ==
        "DIR/c.yaml: bigger than 1048576 bytes");
}

}  // namespace console_policy::config
