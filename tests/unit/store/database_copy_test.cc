// SPDX-License-Identifier: Apache-2.0
#include "service/store/database_copy.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/unit/store/temporary_store.h"

namespace console_policy::store::test {

using Catch::Matchers::Contains;

TEST_CASE("A copy has the policies, the changes and the revision of its source") {
  const TemporaryStore source;
  put(*source, project("p"), says("first"));
  put(*source, project("p"), says("it's \"second\", with a \\ and ü"));
  put(*source, cloud(), prefers({ConsoleType::spice}));
  REQUIRE(source->remove(cloud(), author(), allow).ok());
  const TemporaryDatabase target;
  const Result<CopyReport> copied = copy_database(source.options, target.options());
  INFO((copied.ok() ? "copied" : copied.error().message));
  REQUIRE(copied.ok());
  CHECK(copied.value().policies == 1);
  CHECK(copied.value().changes == 4);
  CHECK(copied.value().revision == 4);
  const std::unique_ptr<Store> store = open_or_fail(target.options());
  CHECK(find(*store, project("p"))->policy == find(*source, project("p"))->policy);
  CHECK(store->changes({}, std::nullopt, 10).value().size() == 4);
  CHECK(put(*store, cloud(), says("next")).revision == 5);
}

TEST_CASE("A copy into a database that is not empty is refused and changes nothing") {
  const TemporaryStore source;
  put(*source, project("p"), says("x"));
  const TemporaryStore target;
  put(*target, project("q"), says("kept"));
  const Result<CopyReport> copied = copy_database(source.options, target.options);
  REQUIRE_FALSE(copied.ok());
  CHECK(copied.error().code == ErrorCode::invalid_request);
  CHECK_THAT(copied.error().message, Contains("is not empty"));
  CHECK_FALSE(find(*target, project("p")));
  CHECK(revision_of(*target) == 1);
}

// A typing error would else end in an empty store, without the denies of the right one.
TEST_CASE("A copy from a file that does not exist is refused and creates none", "[sqlite]") {
  const TemporaryFolder folder;
  const std::string missing = folder.file("missing.db");
  const std::string target = folder.file("target.db");
  const Result<CopyReport> copied = copy_database(sqlite_options(missing), sqlite_options(target));
  REQUIRE_FALSE(copied.ok());
  CHECK(copied.error().code == ErrorCode::invalid_request);
  CHECK_THAT(copied.error().message, Contains(missing));
  CHECK_FALSE(std::filesystem::exists(missing));
  CHECK_FALSE(std::filesystem::exists(target));
}

}  // namespace console_policy::store::test
