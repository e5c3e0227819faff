// SPDX-License-Identifier: Apache-2.0
#include "policies/console_type.h"

#include <catch2/catch.hpp>

namespace console_policy {
namespace {

struct Row {
  ConsoleType type;
  std::string_view name;
  std::string_view protocol;
  std::string_view nova_type;
};

const std::vector<Row> rows{
    {ConsoleType::vnc, "VNC", "vnc", "novnc"},
    {ConsoleType::spice, "SPICE", "spice", "spice-html5"},
    {ConsoleType::rdp, "RDP", "rdp", "rdp-html5"},
    {ConsoleType::serial, "SERIAL", "serial", "serial"},
    {ConsoleType::mks, "MKS", "mks", "webmks"},
};

TEST_CASE("Each console type has Horizon's name and Nova's protocol and type") {
  REQUIRE(rows.size() == all_console_types.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    CAPTURE(row.name);
    CHECK(all_console_types[i] == row.type);
    CHECK(name(row.type) == row.name);
    CHECK(parse_console_type(row.name) == row.type);
    CHECK(nova_remote_console(row.type).protocol == row.protocol);
    CHECK(nova_remote_console(row.type).type == row.nova_type);
  }
}

TEST_CASE("A console type is read by its exact name only") {
  for (const char* text : {"", "vnc", "Vnc", "VNC ", " VNC", "VN", "VNCX", "ALL", "AUTO"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_console_type(text).has_value());
  }
  CHECK_FALSE(parse_console_type(std::string_view("VNC\0", 4)).has_value());
}

TEST_CASE("A set lists its types in one order, regardless of insertion order") {
  const std::vector<ConsoleType> spice_and_mks{ConsoleType::spice, ConsoleType::mks};
  const auto one = ConsoleTypeSet::of({ConsoleType::mks, ConsoleType::spice, ConsoleType::mks});
  const auto other = ConsoleTypeSet::of(spice_and_mks);
  CHECK(one == other);
  CHECK_FALSE(one != other);
  CHECK(one.types() == spice_and_mks);
}

TEST_CASE("Sets join, meet and differ type by type") {
  const auto a = ConsoleTypeSet::of({ConsoleType::vnc, ConsoleType::spice});
  const auto b = ConsoleTypeSet::of({ConsoleType::spice, ConsoleType::mks});
  CHECK((a | b) == ConsoleTypeSet::of({ConsoleType::vnc, ConsoleType::spice, ConsoleType::mks}));
  CHECK((a & b) == ConsoleTypeSet::of({ConsoleType::spice}));
  CHECK((a - b) == ConsoleTypeSet::of({ConsoleType::vnc}));
  CHECK((a - a).empty());
  CHECK_FALSE(a.empty());
  CHECK(a.contains(ConsoleType::vnc));
  CHECK_FALSE(a.contains(ConsoleType::mks));
}

TEST_CASE("The set of all types holds each type and no more") {
  const std::vector<ConsoleType> types(all_console_types.begin(), all_console_types.end());
  CHECK(ConsoleTypeSet::all().types() == types);
  CHECK(ConsoleTypeSet::all() == ConsoleTypeSet::of(types));
  CHECK(ConsoleTypeSet().types().empty());
}

}  // namespace
}  // namespace console_policy
