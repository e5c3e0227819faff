// SPDX-License-Identifier: Apache-2.0
#include "policies/id.h"

#include <catch2/catch.hpp>
#include <type_traits>

namespace console_policy {
namespace {

static_assert(!std::is_convertible_v<UserId, ProjectId>);
static_assert(!std::is_constructible_v<ProjectId, UserId>);
static_assert(!std::is_constructible_v<ProjectId, std::string>);
static_assert(!std::is_default_constructible_v<ProjectId>);

const std::string uuid = "0b0f2c9e-45d1-4a6b-9c1d-aa00ff001234";

// A character of the UUID replaced.
std::string uuid_with(std::size_t at, char c) {
  std::string text = uuid;
  text[at] = c;
  return text;
}

TEST_CASE("A Keystone id is opaque text of 1 to 255 bytes") {
  for (const std::string& text :
       {std::string("default"), std::string("a"), std::string("0"), std::string("-"),
        std::string("..."), std::string("..a"), std::string("aZ09_.-"), std::string(255, 'f'),
        std::string("jane.doe@example.org"), std::string("Jane Doe"), std::string("caf\xc3\xa9"),
        std::string("a/b?c%d"), std::string("\xc2\xa0")}) {
    CAPTURE(text);
    const Result<ProjectId> id = ProjectId::parse(text);
    REQUIRE(id.ok());
    CHECK(id.value().text() == text);
    CHECK(DomainId::parse(text).ok());
    CHECK(UserId::parse(text).ok());
  }
}

TEST_CASE("A malformed Keystone id is refused with the fault") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "an id is empty"},
      {".", "an id is not '.' or '..'"},
      {"..", "an id is not '.' or '..'"},
      {std::string(256, 'f'), "an id has at most 255 bytes, this one has 256"},
      {std::string("a\0", 2), "byte 2 of the id is a control character"},
      {"a\n", "byte 2 of the id is a control character"},
      {"\x7f", "byte 1 of the id is a control character"},
      {"a\xc2\x85", "byte 2 of the id is a control character"},
  };
  for (const auto& [text, message] : table) {
    CAPTURE(text);
    const Result<ProjectId> id = ProjectId::parse(text);
    REQUIRE_FALSE(id.ok());
    CHECK(id.error().code == ErrorCode::invalid_request);
    CHECK(id.error().message == message);
    CHECK_FALSE(DomainId::parse(text).ok());
    CHECK_FALSE(UserId::parse(text).ok());
  }
}

TEST_CASE("Every control character of ASCII is refused in a Keystone id, and nothing else of it") {
  for (int byte = 0; byte < 0x80; ++byte) {
    CAPTURE(byte);
    const bool control = byte < 0x20 || byte == 0x7f;
    CHECK(ProjectId::parse(std::string("x") + static_cast<char>(byte)).ok() != control);
  }
}

TEST_CASE("An instance id is a UUID in its canonical lower-case form") {
  const Result<InstanceId> id = InstanceId::parse(uuid);
  REQUIRE(id.ok());
  CHECK(id.value().text() == uuid);
}

TEST_CASE("An instance id is a canonical UUID") {
  for (const std::string& text :
       {std::string(), uuid.substr(1), uuid + "0", uuid_with(0, 'B'), uuid_with(0, 'g'),
        uuid_with(8, '0'), uuid_with(7, '-'), uuid_with(23, '_'), uuid_with(35, ' '),
        "{" + uuid.substr(2) + "}", std::string("0b0f2c9e45d14a6b9c1daa00ff001234")}) {
    CAPTURE(text);
    const Result<InstanceId> id = InstanceId::parse(text);
    REQUIRE_FALSE(id.ok());
    CHECK(id.error().code == ErrorCode::invalid_request);
    CHECK(id.error().message ==
          "an instance id is a UUID in lower case: xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
  }
}

TEST_CASE("Ids compare by their text") {
  const ProjectId a = ProjectId::parse("a").value();
  const ProjectId b = ProjectId::parse("b").value();
  CHECK(a == ProjectId::parse("a").value());
  CHECK(a != b);
  CHECK(a < b);
  CHECK_FALSE(b < a);
  CHECK_FALSE(a < a);
}

}  // namespace
}  // namespace console_policy
