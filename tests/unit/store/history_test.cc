// SPDX-License-Identifier: Apache-2.0
// The daily count of instances by the types that they last opened.
#include <catch2/catch.hpp>

#include "service/store/sql_store.h"
#include "tests/unit/store/seen.h"
#include "tests/unit/store/temporary_store.h"

using namespace console_policy;
using namespace console_policy::store;
using namespace console_policy::store::test;

namespace {

void maintain_at(const TemporaryStore& store, Timestamp time) {
  REQUIRE(static_cast<SqlStore&>(*store).maintain(time).ok());
}

// "2026-09-21 SPICE,VNC 2", one for each row.
std::vector<std::string> counted(const TemporaryStore& store, const std::string& since = "") {
  std::vector<std::string> rows;
  const std::vector<OpenedOnDay> history = store->history(since).value();
  for (const OpenedOnDay& row : history) {
    std::string types;
    for (const ConsoleType type : row.opened) {
      types += (types.empty() ? "" : ",") + std::string(name(type));
    }
    rows.push_back(row.day + " " + types + " " + std::to_string(row.instances));
  }
  return rows;
}

using Rows = std::vector<std::string>;

}  // namespace

TEST_CASE("Each day has the number of instances that last opened the same types") {
  const TemporaryStore store;
  learn(*store, "p", 1, {seen(spice, opened), seen(vnc, opened)});
  learn(*store, "q", 2, {seen(vnc, opened), seen(spice, opened)});
  learn(*store, "q", 3, {seen(spice, unavailable), seen(vnc, opened)});
  learn(*store, "q", 4, {seen(spice, unavailable)});
  maintain_at(store, noon);
  CHECK(counted(store) == Rows{"2026-09-21  1", "2026-09-21 VNC 1", "2026-09-21 VNC,SPICE 2"});
}

TEST_CASE("A later count of a day replaces the earlier one, and other days stay") {
  const TemporaryStore store;
  learn(*store, "p", 1, {seen(vnc, opened)});
  maintain_at(store, noon - day);
  learn(*store, "p", 2, {seen(spice, opened)});
  maintain_at(store, noon);
  learn(*store, "p", 2, {seen(vnc, opened)});
  maintain_at(store, noon);
  CHECK(counted(store) == Rows{"2026-09-20 VNC 1", "2026-09-21 VNC 1", "2026-09-21 VNC,SPICE 1"});
  CHECK(counted(store, "2026-09-21") == Rows{"2026-09-21 VNC 1", "2026-09-21 VNC,SPICE 1"});
}

TEST_CASE("The history is kept for 400 days") {
  const TemporaryStore store;
  learn(*store, "p", 1, {seen(vnc, opened)});
  maintain_at(store, noon - 401 * day);
  maintain_at(store, noon - 400 * day);
  maintain_at(store, noon);
  CHECK(counted(store) == Rows{"2025-08-17 VNC 1", "2026-09-21 VNC 1"});
}
