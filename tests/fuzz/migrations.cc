// SPDX-License-Identifier: Apache-2.0
// SQL cut into statements; and a database whose schema_version holds anything: migrate() brings it
// to the newest version, or refuses it with the reason.
#include "service/store/migrations.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "service/store/store.h"
#include "tests/fuzz/input.h"

using namespace console_policy;

namespace {

// On a file system in memory: a run makes and drops thousands.
const std::string& database_path() {
  static const std::string path =
      "/dev/shm/console-policy-fuzz-" + std::to_string(getpid()) + ".db";
  return path;
}

void drop_database() {
  for (const char* end : {"", "-wal", "-shm"}) unlink((database_path() + end).c_str());
}

// A schema_version with one row of each eight bytes: a number, or a text where the first is odd.
void make_database(std::string_view rows) {
  sqlite3* database = nullptr;
  fuzz::require(sqlite3_open(database_path().c_str(), &database) == SQLITE_OK, "a database opens");
  sqlite3_exec(database, "CREATE TABLE schema_version (version, name, applied_at)", nullptr,
               nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO schema_version VALUES (?, ?, ?)", -1, &insert, nullptr);
  constexpr std::size_t max_rows = 4;
  for (std::size_t i = 0; i < max_rows && !rows.empty(); ++i) {
    const std::string_view cell = rows.substr(0, 8);
    rows.remove_prefix(cell.size());
    sqlite3_int64 number = 0;
    std::memcpy(&number, cell.data(), cell.size());
    if (number % 2 != 0) {
      sqlite3_bind_text(insert, 1, cell.data(), static_cast<int>(cell.size()), SQLITE_TRANSIENT);
    } else {
      sqlite3_bind_int64(insert, 1, number / 2);
    }
    sqlite3_bind_blob(insert, 2, cell.data(), static_cast<int>(cell.size()), SQLITE_TRANSIENT);
    sqlite3_step(insert);
    sqlite3_reset(insert);
  }
  sqlite3_finalize(insert);
  sqlite3_close(database);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  const std::uint8_t choice = fuzz::take_byte(input);
  std::size_t statements_bytes = 0;
  for (const std::string& statement : store::sql_statements(input)) {
    fuzz::require(!statement.empty(), "no statement is empty");
    statements_bytes += statement.size();
  }
  fuzz::require(statements_bytes <= input.size(), "cutting adds nothing");
  if (choice % 8 != 0) return 0;
  drop_database();
  make_database(input);
  store::Options options;
  options.url = "sqlite:///" + database_path();
  options.sessions = 1;
  const auto opened = store::open_store(options);
  if (!opened.ok()) fuzz::require(!opened.error().message.empty(), "a refusal says why");
  drop_database();
  return 0;
}
