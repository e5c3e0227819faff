// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store/raw_database.h"

#include <sqlite3.h>

#include <catch2/catch.hpp>

namespace console_policy::store::test {
namespace {

int collect(void* lines, int columns, char** values, char** /*names*/) {
  std::string line;
  for (int i = 0; i < columns; ++i) {
    if (i > 0) line += '|';
    line += values[i] == nullptr ? "NULL" : values[i];
  }
  static_cast<std::vector<std::string>*>(lines)->push_back(line);
  return 0;
}

}  // namespace

RawDatabase::RawDatabase(const std::string& path) {
  REQUIRE(sqlite3_open(path.c_str(), &connection_) == SQLITE_OK);
  sqlite3_busy_timeout(connection_, 5000);
}

RawDatabase::~RawDatabase() {
  sqlite3_close(connection_);
}

std::vector<std::string> RawDatabase::run(const std::string& sql) {
  std::vector<std::string> lines;
  const int result = sqlite3_exec(connection_, sql.c_str(), collect, &lines, nullptr);
  INFO(sql << ": " << sqlite3_errmsg(connection_));
  REQUIRE(result == SQLITE_OK);
  return lines;
}

std::string RawDatabase::value(const std::string& sql) {
  const std::vector<std::string> lines = run(sql);
  REQUIRE(lines.size() == 1);
  return lines.front();
}

}  // namespace console_policy::store::test
