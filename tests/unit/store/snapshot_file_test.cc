// SPDX-License-Identifier: Apache-2.0
#include "service/store/snapshot_file.h"

#include <sys/stat.h>

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

using Policies = std::vector<std::pair<Scope, PolicyPtr>>;

Policies some_policies() {
  Policy full = prefers({ConsoleType::spice, ConsoleType::vnc});
  full.deny.insert(ConsoleType::rdp);
  full.allow.insert(ConsoleType::mks);
  full.reason = "tab\t, line\n, quote\" and \xC3\xA4";
  full.expires_at = at(1'900'000'000'123'456);
  return {{cloud(), std::make_shared<const Policy>(full)},
          {project("p"), std::make_shared<const Policy>(says("p"))},
          {user("unreadable"), nullptr},
          {instance("p", 1), std::make_shared<const Policy>(says("i"))}};
}

std::string text_of_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// A snapshot file with `from` replaced by `to`.
std::string changed(const TemporaryFolder& folder, const std::string& from, const std::string& to) {
  const std::string path = folder.file("changed");
  REQUIRE(write_snapshot_file(path, some_policies(), {7, "id-7"}).ok());
  std::string text = text_of_file(path);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  return folder.write("changed", text);
}

void check_broken(const std::string& path, const std::string& words) {
  const Result<Snapshot> read = read_snapshot_file(path);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == ErrorCode::invalid_request);
  CHECK_THAT(read.error().message, Contains(path));
  CHECK_THAT(read.error().message, Contains(words));
}

}  // namespace

TEST_CASE("A snapshot file is read as it was written") {
  const TemporaryFolder folder;
  const std::string path = folder.file("snapshot");
  const auto before = std::chrono::system_clock::now();
  REQUIRE(write_snapshot_file(path, some_policies(), {7, "id-7"}).ok());
  const Result<Snapshot> read = read_snapshot_file(path);
  REQUIRE(read.ok());
  CHECK(read.value().position == Position{7, "id-7"});
  CHECK(read.value().written_at + std::chrono::seconds(1) > before);
  CHECK(read.value().policies.size() == 4);
  for (const auto& [scope, policy] : some_policies()) {
    const PolicyPtr* const found = read.value().policies.find(scope);
    REQUIRE(found != nullptr);
    CHECK((*found == nullptr) == (policy == nullptr));
    if (policy != nullptr) CHECK(**found == *policy);
  }
}

TEST_CASE("A snapshot of an empty store is read as one") {
  const TemporaryFolder folder;
  REQUIRE(write_snapshot_file(folder.file("snapshot"), {}, {}).ok());
  const Result<Snapshot> read = read_snapshot_file(folder.file("snapshot"));
  REQUIRE(read.ok());
  CHECK(read.value().policies.size() == 0);
  CHECK(read.value().position == Position{});
}

TEST_CASE("A snapshot file has mode 0600 and replaces an older one and a leftover draft") {
  const TemporaryFolder folder;
  const std::string path = folder.write("snapshot", "old");
  folder.write("snapshot.new", "from a daemon that was killed");
  REQUIRE(write_snapshot_file(path, some_policies(), {7, "id-7"}).ok());
  CHECK(read_snapshot_file(path).ok());
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0600);
}

TEST_CASE("A snapshot file that cannot be written is an error that names it") {
  const TemporaryFolder folder;
  const std::string path = folder.file("missing/snapshot");
  const Status written = write_snapshot_file(path, {}, {});
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().code == ErrorCode::unavailable);
  CHECK_THAT(written.error().message, Contains(path));
}

TEST_CASE("A missing snapshot file is an error that names it") {
  const TemporaryFolder folder;
  const Result<Snapshot> read = read_snapshot_file(folder.file("snapshot"));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == ErrorCode::unavailable);
  CHECK_THAT(read.error().message, Contains(folder.file("snapshot")));
}

TEST_CASE("A snapshot file that was cut off anywhere is refused") {
  const TemporaryFolder folder;
  const std::string path = folder.file("snapshot");
  REQUIRE(write_snapshot_file(path, some_policies(), {7, "id-7"}).ok());
  const std::string text = text_of_file(path);
  // Only the last line's end may be missing.
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    INFO(length);
    std::filesystem::resize_file(path, length);
    REQUIRE_FALSE(read_snapshot_file(path).ok());
    folder.write("snapshot", text);
  }
}

TEST_CASE("A broken line of a snapshot file is reported with its number") {
  const TemporaryFolder folder;
  check_broken(changed(folder, "console-policy-snapshot-1", "other"), "line 1: not a snapshot");
  check_broken(changed(folder, "\t7\t", "\tseven\t"), "line 1: no revision or time");
  check_broken(changed(folder, "cloud", "world"), "line 2:");
  check_broken(changed(folder, "\"prefer\":[\"VNC\"]", "\"prefer\":["), "line 3:");
  check_broken(changed(folder, "user\tunreadable", "user\tun\x01readable"), "line 4:");
}

TEST_CASE("A snapshot file without one of its lines, or with one too many, is refused") {
  const TemporaryFolder folder;
  check_broken(changed(folder, "user\tunreadable\t\t\n", ""), "line 5:");
  check_broken(changed(folder, "end\t4", "user\tmore\t\t\nend\t4"), "line 7:");
}
