// SPDX-License-Identifier: Apache-2.0
// SqliteConnection: SQLite itself, for what SOCI has no words for: copying and checking whole
// databases. For this room only.
//
// Contract: every call says what SQLite made of it; nothing throws but for lack of memory.
// Errors:   unavailable, "database PATH: SQLite's words".
// Threads:  one thread at a time.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "policies/result.h"

namespace console_policy::store {

class SqliteConnection final {
 public:
  // A file that is there; waits so long for other programs' locks.
  static Result<SqliteConnection> open(const std::string& path, std::chrono::milliseconds wait);

  Status run(const std::string& sql);  // one statement or several; rows are not looked at
  // The first column of each row, as text; NULL as empty.
  Result<std::vector<std::string>> texts(const std::string& sql);
  Result<long long> number(const std::string& sql);  // of the first row; no row is an error

  // All of this database, of one moment, over all of `target`.
  Status copy_to(SqliteConnection& target);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  using Handle = std::unique_ptr<sqlite3, Close>;

  SqliteConnection(std::string path, Handle handle)
      : path_(std::move(path)), handle_(std::move(handle)) {}
  Error failed() const;

  std::string path_;
  Handle handle_;
};

}  // namespace console_policy::store
