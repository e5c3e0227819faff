// SPDX-License-Identifier: Apache-2.0
// A second connection to a database file, past the store: to look at it, lock it or break it.
#pragma once

#include <string>
#include <vector>

struct sqlite3;

namespace console_policy::store::test {

class RawDatabase final {
 public:
  explicit RawDatabase(const std::string& path);
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  ~RawDatabase();

  // Runs the statements; each row of each becomes a line, its columns joined by "|". Fails the test
  // when SQLite says no.
  std::vector<std::string> run(const std::string& sql);

  // The only value of the only row.
  std::string value(const std::string& sql);

 private:
  sqlite3* connection_{nullptr};
};

}  // namespace console_policy::store::test
