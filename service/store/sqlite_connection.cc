// SPDX-License-Identifier: Apache-2.0
#include "service/store/sqlite_connection.h"

#include <utility>

namespace console_policy::store {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

}  // namespace

Error SqliteConnection::failed() const {
  const std::string words = "database " + path_ + ": " + sqlite3_errmsg(handle_.get());
  return Error{ErrorCode::unavailable, words, words};
}

Result<SqliteConnection> SqliteConnection::open(const std::string& path,
                                                std::chrono::milliseconds wait) {
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  SqliteConnection connection(path, Handle(raw));
  if (opened != SQLITE_OK) return connection.failed();
  sqlite3_busy_timeout(raw, static_cast<int>(wait.count()));
  return connection;
}

Status SqliteConnection::run(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failed();
  }
  return Success{};
}

Result<std::vector<std::string>> SqliteConnection::texts(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    return failed();
  }
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(raw);
  std::vector<std::string> rows;
  for (;;) {
    const int step = sqlite3_step(raw);
    if (step == SQLITE_DONE) return rows;
    if (step != SQLITE_ROW) return failed();
    const unsigned char* const text = sqlite3_column_text(raw, 0);
    rows.emplace_back(text == nullptr ? "" : reinterpret_cast<const char*>(text));
  }
}

Result<long long> SqliteConnection::number(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    return failed();
  }
  const std::unique_ptr<sqlite3_stmt, Finalize> statement(raw);
  if (sqlite3_step(raw) != SQLITE_ROW) return failed();
  return static_cast<long long>(sqlite3_column_int64(raw, 0));
}

Status SqliteConnection::copy_to(SqliteConnection& target) {
  sqlite3_backup* const backup =
      sqlite3_backup_init(target.handle_.get(), "main", handle_.get(), "main");
  const auto failed_copy = [&] {
    // SQLite keeps the words of either side at the target.
    const std::string words =
        "database " + path_ + ": cannot be copied: " + sqlite3_errmsg(target.handle_.get());
    return Error{ErrorCode::unavailable, words, words};
  };
  if (backup == nullptr) return failed_copy();
  // In one step: in several, every commit of another process would make it begin again. Writers
  // are not in its way, nor it in theirs.
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) != SQLITE_OK) return failed_copy();
  return Success{};
}

}  // namespace console_policy::store
