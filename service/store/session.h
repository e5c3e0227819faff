// SPDX-License-Identifier: Apache-2.0
// Session: one connection to the SQLite database, set up as the store wants it. Every statement
// that only SQLite understands stands here, and in ChangeLogInsert.
//
// Contract: every commit is on the disk before it returns (synchronous=FULL); foreign keys are on.
// Errors:   everything here lets soci::soci_error through: the store's operations stop it.
// Threads:  one thread at a time.
// Lifetime: a Transaction must end before its Session.
#pragma once

#include <soci/soci.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "service/store/fair_semaphore.h"
#include "service/store/in_force_statement.h"
#include "service/store/lookup_statement.h"
#include "service/store/seen_statement.h"
#include "service/store/write_statements.h"

namespace console_policy::store {

class WalBuffer;

class Session final {
 public:
  // How much of the database a session keeps in memory at most. Readers need little: what is asked
  // at each opening of a console comes from PolicyCache, and the system keeps the file's pages once
  // for all. A writer has all that one transaction changes there.
  static constexpr std::size_t reader_cache_kib = 512;
  static constexpr std::size_t writer_cache_kib = 2048;

  // The file at `path`, which must be absolute, free of double quotes, and there. Statements wait
  // for another program's lock until `deadline`, as after wait_for_locks_until().
  Session(const std::string& path, Deadline deadline, std::size_t cache_kib = reader_cache_kib);

  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  soci::session& sql() { return sql_; }
  LookupStatement& lookup_statement();     // prepared at its first use, then kept
  WriteStatements& write_statements();     // so are these
  InForceStatement& in_force_statement();  // so is this
  SeenStatement& seen_statement();         // and this

  // How long statements wait for another program's lock from now on.
  void wait_for_locks_until(Deadline deadline);

  bool in_transaction();

  // A transaction that has the database's one write lock from the start.
  void begin();
  // Of the open transaction; its pages go to the write-ahead log by WalBuffer.
  void commit();

  // Writes what is in the write-ahead log into the database, as far as no reader is in the way. No
  // session does so by itself: a COMMIT would take as long.
  void checkpoint();

  // Another number whenever another connection has committed; the same over commits of this one.
  long long data_version();

  // The index of the write-ahead log as SQLite has it mapped into this process; see wal_index.h.
  // Null when the database is not in that mode. There until the session is closed.
  const std::uint32_t* wal_index();
  std::vector<std::string> tables();

  // Turns on write-ahead logging, which stays in the file. False when another program's lock stood
  // in the way until `deadline`.
  bool enter_wal_mode(Deadline deadline);

 private:
  using Kept = std::unique_ptr<soci::statement>;

  WalBuffer* wal_buffer();
  void run(Kept& kept, const char* sql);  // prepared at its first use

  soci::session sql_;
  long long data_version_{0};                          // bound
  std::unique_ptr<LookupStatement> lookup_statement_;  // after sql_: must be gone before it
  std::unique_ptr<InForceStatement> in_force_statement_;
  std::unique_ptr<WriteStatements> write_statements_;
  std::unique_ptr<SeenStatement> seen_statement_;
  Kept version_statement_;
  Kept begin_;
  Kept commit_;
  std::unique_ptr<WalBuffer> wal_buffer_;  // null before the first COMMIT, and without a log
};

// A write transaction: holds the database's one write lock from the start, and is rolled back
// unless committed. soci::transaction would begin without the lock, and then a read followed by a
// write fails at once whenever somebody else has written in between.
class Transaction final {
 public:
  explicit Transaction(Session& session);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { roll_back(); }

  void commit();
  void roll_back() noexcept;  // nothing when it has ended already

 private:
  Session& session_;
  bool open_{false};
};

}  // namespace console_policy::store
