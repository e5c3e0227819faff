// SPDX-License-Identifier: Apache-2.0
#include "service/store/session.h"

#include <soci/sqlite3/soci-sqlite3.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/wal_buffer.h"

namespace console_policy::store {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds wal_retry_pause{10};
constexpr milliseconds longest_lock_wait{std::chrono::hours(1)};

sqlite_api::sqlite3* connection_of(soci::session& sql) {
  // No dynamic_cast: SOCI's library keeps the type information of this class to itself. A Session
  // is opened with soci::sqlite3 and with nothing else.
  return static_cast<soci::sqlite3_session_backend*>(sql.get_backend())->conn_;
}

}  // namespace

Session::Session(const std::string& path, Deadline deadline, std::size_t cache_kib)
    : sql_(soci::sqlite3, "db=\"" + path + "\"") {
  // First of all: even a PRAGMA reads the schema, and SOCI's default is not to wait.
  wait_for_locks_until(deadline);
  sql_ << "PRAGMA synchronous=FULL";
  sql_ << "PRAGMA foreign_keys=ON";
  sql_ << "PRAGMA cache_size=-" + std::to_string(cache_kib);
  // What is deleted is overwritten where that writes no page more: the log keeps it all anyway.
  sql_ << "PRAGMA secure_delete=FAST";
  sql_ << "PRAGMA wal_autocheckpoint=0";  // Checkpoints does it
  // What a statement may have to undo would make a file of its own.
  sql_ << "PRAGMA temp_store=MEMORY";
}

Session::~Session() = default;

LookupStatement& Session::lookup_statement() {
  if (lookup_statement_ == nullptr) lookup_statement_ = std::make_unique<LookupStatement>(sql_);
  return *lookup_statement_;
}

WriteStatements& Session::write_statements() {
  if (write_statements_ == nullptr) write_statements_ = std::make_unique<WriteStatements>(sql_);
  return *write_statements_;
}

InForceStatement& Session::in_force_statement() {
  if (in_force_statement_ == nullptr)
    in_force_statement_ = std::make_unique<InForceStatement>(sql_);
  return *in_force_statement_;
}

const std::uint32_t* Session::wal_index() {
  constexpr int region_bytes = 32768;  // what SQLite maps at a time
  constexpr int has_shared_memory = 2;
  long long tables = 0;
  sql_ << "SELECT count(*) FROM sqlite_master", soci::into(tables);  // maps it, if it was not yet
  sqlite_api::sqlite3_file* file = nullptr;
  const int found = sqlite_api::sqlite3_file_control(connection_of(sql_), "main",
                                                     SQLITE_FCNTL_FILE_POINTER, &file);
  if (found != SQLITE_OK || file == nullptr || file->pMethods == nullptr ||
      file->pMethods->iVersion < has_shared_memory) {
    return nullptr;
  }
  volatile void* region = nullptr;
  if (file->pMethods->xShmMap(file, 0, region_bytes, 0, &region) != SQLITE_OK) return nullptr;
  // Volatile is SQLite's way to say shared; wal_index.cc reads it atomically.
  return static_cast<const std::uint32_t*>(const_cast<const void*>(region));
}

SeenStatement& Session::seen_statement() {
  if (seen_statement_ == nullptr) seen_statement_ = std::make_unique<SeenStatement>(sql_);
  return *seen_statement_;
}

void Session::wait_for_locks_until(Deadline deadline) {
  const auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
  const auto wait = std::clamp(left, milliseconds{0}, longest_lock_wait);
  sqlite_api::sqlite3_busy_timeout(connection_of(sql_), static_cast<int>(wait.count()));
}

bool Session::in_transaction() {
  return sqlite_api::sqlite3_get_autocommit(connection_of(sql_)) == 0;
}

// In a transaction, so the log is open.
WalBuffer* Session::wal_buffer() {
  if (wal_buffer_ != nullptr) return wal_buffer_.get();
  std::string mode;
  sql_ << "PRAGMA journal_mode", soci::into(mode);
  sqlite_api::sqlite3_file* log = nullptr;
  if (mode == "wal" &&
      sqlite_api::sqlite3_file_control(connection_of(sql_), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                       &log) == SQLITE_OK &&
      log != nullptr && log->pMethods != nullptr) {
    wal_buffer_ = std::make_unique<WalBuffer>(*log);
  }
  return wal_buffer_.get();
}

void Session::run(Kept& kept, const char* sql) {
  if (kept == nullptr) {
    auto statement = std::make_unique<soci::statement>(sql_);
    prepare(*statement, sql);
    kept = std::move(statement);
  }
  kept->execute(true);
}

void Session::begin() {
  run(begin_, "BEGIN IMMEDIATE");
}

void Session::commit() {
  const WalBuffer::Commit put_off(wal_buffer());
  run(commit_, "COMMIT");
}

void Session::checkpoint() {
  sql_ << "PRAGMA wal_checkpoint(PASSIVE)";
}

long long Session::data_version() {
  if (version_statement_ == nullptr) {
    auto statement = std::make_unique<soci::statement>(sql_);
    statement->exchange(soci::into(data_version_));
    prepare(*statement, "PRAGMA data_version");
    version_statement_ = std::move(statement);
  }
  for (bool got = version_statement_->execute(true); got;) got = version_statement_->fetch();
  return data_version_;
}

std::vector<std::string> Session::tables() {
  std::string table;
  soci::statement statement(sql_);
  statement.exchange(soci::into(table));
  prepare(statement, "SELECT name FROM sqlite_master WHERE type = 'table'");
  return fetch_all(statement, table);
}

bool Session::enter_wal_mode(Deadline deadline) {
  // SQLite does not wait for the lock that this needs (its busy timeout does not apply), and two
  // daemons that start at once on a new database both ask for it.
  for (;;) {
    try {
      std::string mode;
      sql_ << "PRAGMA journal_mode=WAL", soci::into(mode);
      if (mode == "wal") return true;
    } catch (const soci::soci_error& error) {
      if (sqlite_result(error) != SQLITE_BUSY) throw;
    }
    if (steady_clock::now() + wal_retry_pause > deadline) return false;
    std::this_thread::sleep_for(wal_retry_pause);
  }
}

Transaction::Transaction(Session& session) : session_(session) {
  session_.begin();
  open_ = true;
}

void Transaction::commit() {
  session_.commit();
  open_ = false;
}

void Transaction::roll_back() noexcept {
  if (!open_) return;
  open_ = false;
  try {
    // A failed COMMIT may have rolled back already; then there is nothing left to end.
    if (session_.in_transaction()) session_.sql() << "ROLLBACK";
  } catch (const std::exception&) {
    // The session is still in the transaction. The pool sees that and closes it, which ends the
    // transaction.
  }
}

}  // namespace console_policy::store
