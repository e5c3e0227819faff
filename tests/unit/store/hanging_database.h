// SPDX-License-Identifier: Apache-2.0
// Databases that do not answer.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "tests/unit/store/raw_database.h"

namespace console_policy::store::test {

// While it exists, every read and write of the database waits. On SQLite another process holds the
// locks of the write-ahead log's index (sqlite.org/walformat.html); on MariaDB the tables are
// locked.
class HangingDatabase final {
 public:
  explicit HangingDatabase(const Options& options);
  HangingDatabase(const HangingDatabase&) = delete;
  HangingDatabase& operator=(const HangingDatabase&) = delete;
  ~HangingDatabase();

 private:
  void lock_file(const std::string& path);

  std::unique_ptr<RawDatabase> raw_;  // MariaDB
  pid_t child_{-1};                   // SQLite
};

// A port of 127.0.0.1 that refuses connections.
class ClosedPort final {
 public:
  ClosedPort();
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  ~ClosedPort();

  std::uint16_t number() const { return number_; }

 private:
  int socket_;
  std::uint16_t number_{0};
};

}  // namespace console_policy::store::test
