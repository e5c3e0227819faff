// SPDX-License-Identifier: Apache-2.0
#include <endian.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/config/config_file.h"
#include "tests/unit/temporary_folder.h"

namespace console_policy::config {
namespace {

struct Entry {
  unsigned tag;
  unsigned permissions;
  unsigned id{unsigned(ACL_UNDEFINED_ID)};
};

// False when the file system has no access lists.
bool give_access_list(const std::string& path, const std::vector<Entry>& entries) {
  const posix_acl_xattr_header header{htole32(POSIX_ACL_XATTR_VERSION)};
  std::string value(reinterpret_cast<const char*>(&header), sizeof header);
  for (const Entry& entry : entries) {
    const posix_acl_xattr_entry one{htole16(std::uint16_t(entry.tag)),
                                    htole16(std::uint16_t(entry.permissions)), htole32(entry.id)};
    value.append(reinterpret_cast<const char*>(&one), sizeof one);
  }
  const int set =
      ::setxattr(path.c_str(), "system.posix_acl_access", value.data(), value.size(), 0);
  if (set != 0 && errno == ENOTSUP) return false;
  REQUIRE(set == 0);
  return true;
}

}  // namespace

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

// systemd keeps a credential (LoadCredential=) as its own, 0400, and gives the service's user an
// access list's entry. The mode then reads 0440, without any right of a group.
TEST_CASE(
    "a secret that an access list gives to this user alone is read, and none that it gives to "
    "others") {
  const TemporaryFolder folder;
  const unsigned own = ::geteuid();
  const std::string path = folder.write("secret", "s3cret\n");
  const auto given = [&](unsigned user, unsigned group, unsigned named_group) {
    std::vector<Entry> entries{
        {ACL_USER_OBJ, ACL_READ}, {ACL_USER, ACL_READ, user}, {ACL_GROUP_OBJ, group}};
    entries.push_back({ACL_GROUP, named_group, own + 1});
    entries.push_back({ACL_MASK, ACL_READ});
    entries.push_back({ACL_OTHER, 0});
    return give_access_list(path, entries);
  };
  if (!given(own, 0, 0)) {
    WARN("no access lists on this file system: not tested");
    return;
  }
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  REQUIRE((about.st_mode & 0777U) == 0440);
  const Result<std::string> read = read_secret_file(path);
  REQUIRE(read.ok());
  CHECK(read.value() == "s3cret");
  REQUIRE(given(own + 1, 0, 0));
  CHECK_FALSE(read_secret_file(path).ok());
  REQUIRE(given(own, ACL_READ, 0));
  CHECK_FALSE(read_secret_file(path).ok());
  REQUIRE(given(own, 0, ACL_READ));
  CHECK_FALSE(read_secret_file(path).ok());
}

TEST_CASE("a configuration file of two megabytes is refused") {
  CHECK(refusal("# " + std::string(2 * 1024 * 1024, 'x')) ==
        "DIR/c.yaml: bigger than 1048576 bytes");
}

}  // namespace console_policy::config
