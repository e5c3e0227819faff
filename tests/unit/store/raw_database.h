// SPDX-License-Identifier: Apache-2.0
// A second connection to a store's database, past the store: to look at it, lock it or break it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "service/store/options.h"

namespace console_policy::store::test {

class RawDatabase final {
 public:
  explicit RawDatabase(const Options& options);   // of any database
  explicit RawDatabase(const std::string& path);  // of SQLite
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;
  ~RawDatabase();

  // Runs the statements, divided by ";"; each row of each becomes a line, its columns joined by
  // "|". "a || b" joins texts on both databases. Fails the test on an error.
  std::vector<std::string> run(const std::string& sql);

  // The only value of the only row.
  std::string value(const std::string& sql);

  // Begins a transaction that keeps all other writers waiting, until unlock().
  void lock_writers();
  void unlock() { run("ROLLBACK"); }

  class Connection {
   public:
    virtual ~Connection() = default;
    // An empty text after success, else what is wrong.
    virtual std::string run(const std::string& sql, std::vector<std::string>& lines) = 0;
    virtual const char* writers_lock() const = 0;
  };

 private:
  std::unique_ptr<Connection> connection_;
};

}  // namespace console_policy::store::test
