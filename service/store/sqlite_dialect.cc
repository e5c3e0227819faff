// SPDX-License-Identifier: Apache-2.0
// SQLite, for one machine.
//
// Traps that this file respects (sqlite.org/howtocorrupt.html, sqlite.org/wal.html):
// - Closing any descriptor of a file drops the locks that the process holds on it (POSIX), so only
//   SQLite opens the database file. A new file is made with mknod().
// - A deleted database file stays writable for the process that has it open, and its writes are
//   lost: so each write first checks that the path still leads to the open file.
// - SOCI's busy timeout is 0, and even a PRAGMA takes locks: setting it is a session's first act.
// - SQLite does not wait for the lock that switching to write-ahead logging needs.
// - Locks and shared memory do not work on network file systems.
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "service/store/dialect.h"
#include "service/store/rows.h"

namespace console_policy::store {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds wal_retry_pause{10};
// What a start checks: the tables that resolutions and every write need. Of 300,000 policies and as
// many changes (340 MB) this takes 0.15 s of CPU time, and a check of the whole file 0.4 s.
constexpr std::array<const char*, 3> tables_checked_at_start{"schema_version", "revision_counter",
                                                             "policy"};
constexpr const char* not_available = "the policy store is not available";

struct Words {
  ErrorCode code;
  const char* message;
  const char* internal;
};

Words words_for(int result) {
  switch (result) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {ErrorCode::unavailable, "the policy store is busy",
              "locked beyond the deadline; is another program writing to it?"};
    case SQLITE_FULL:
      return {ErrorCode::unavailable, "the policy store is full", "the disk is full"};
    case SQLITE_IOERR:
      return {ErrorCode::unavailable, not_available,
              "reading or writing failed; check the disk, its space and the file size limit"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::unavailable, not_available,
              "not writable; the file and its folder must belong to the service's user"};
    case SQLITE_CANTOPEN:
      return {ErrorCode::unavailable, not_available,
              "cannot be opened; the file and its folder must be readable and writable"};
    case SQLITE_CORRUPT:
      return {ErrorCode::unavailable, not_available,
              "damaged; console-policyd db check says where; to recover, stop the service, move "
              "the file and its -wal and -shm away, and run console-policyd db restore BACKUP"};
    case SQLITE_NOTADB:
      return {ErrorCode::unavailable, not_available,
              "not an SQLite database; if it was one of console-policy: stop the service, move the "
              "file and its -wal and -shm away, and run console-policyd db restore BACKUP"};
    case SQLITE_NOMEM:
      return {ErrorCode::unavailable, not_available, "out of memory"};
    default:
      return {ErrorCode::internal, "the policy store failed", "unexpected failure"};
  }
}

Error error_for(int result, const std::string& database, const std::string& own_words) {
  const Words words = words_for(result);
  return Error{words.code, words.message,
               database + ": " + words.internal + " (" + own_words + ")"};
}

Error file_error(const std::string& what, const std::string& path, int error_number) {
  std::string text = what + " " + path + ": " + std::generic_category().message(error_number);
  return Error{ErrorCode::unavailable, text, text};
}

struct FileIdentity {
  dev_t device{};
  ino_t inode{};
};

Result<FileIdentity> file_identity(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return file_error("cannot find database", path, errno);
  return FileIdentity{status.st_dev, status.st_ino};
}

// Creates an empty file, which SQLite takes as an empty database, with mode 0600 whatever the
// umask; SQLite gives the -wal and -shm files beside it the same mode. An existing file keeps its
// mode.
Status ensure_file(const std::string& path) {
  if (::mknod(path.c_str(), S_IFREG | S_IRUSR | S_IWUSR, 0) != 0) {
    if (errno == EEXIST) return Success{};
    return file_error("cannot create database", path, errno);
  }
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    return file_error("cannot set the mode of database", path, errno);
  }
  return Success{};
}

// Source: statfs(2).
Status check_file_system(const std::string& path) {
  struct statfs found {};
  if (::statfs(path.c_str(), &found) != 0) return file_error("cannot find database", path, errno);
  const auto type = static_cast<std::uint32_t>(found.f_type);
  const char* const refused = type == 0x6969U ? "NFS"
                              : type == 0xff534d42U || type == 0xfe534d42U || type == 0x517bU
                                  ? "CIFS"
                              : type == 0x65735546U ? "FUSE"
                                                    : nullptr;
  if (refused == nullptr) return Success{};
  return invalid_request("database " + path + " is on a network file system (" + refused +
                         "), where SQLite's locks do not protect it; put it on a local disk, or "
                         "use MariaDB");
}

sqlite_api::sqlite3* connection_of(soci::session& sql) {
  // No dynamic_cast: Debian's library hides the type information of this class.
  return static_cast<soci::sqlite3_session_backend*>(sql.get_backend())->conn_;
}

class SqliteDialect final : public Dialect {
 public:
  SqliteDialect(std::string path, FileIdentity file, milliseconds wait_timeout)
      : path_(std::move(path)),
        database_("database " + path_),
        file_(file),
        wait_timeout_(wait_timeout) {}

  const std::string& database() const override { return database_; }
  bool is_shared() const override { return false; }

  Status open(soci::session& sql) const override {
    sql.open(soci::sqlite3, "db=\"" + path_ + "\"");
    wait_for_locks(sql, wait_timeout_);
    sql << "PRAGMA synchronous=FULL";
    sql << "PRAGMA foreign_keys=ON";
    sql << "PRAGMA temp_store=MEMORY";
    return Success{};
  }

  Status check_writable() const override {
    const Result<FileIdentity> now = file_identity(path_);
    if (now.ok() && now.value().device == file_.device && now.value().inode == file_.inode) {
      return Success{};
    }
    return Error{ErrorCode::unavailable, not_available,
                 database_ +
                     " was removed or replaced while in use; what is written now would be lost: "
                     "restart the service"};
  }

  Status enter_wal_mode(soci::session& sql, Deadline deadline) const override {
    for (;;) {
      try {
        if (select_text(sql, {"PRAGMA journal_mode=WAL", {}}) == "wal") return Success{};
      } catch (const soci::sqlite3_soci_error& error) {
        if (error.result() != SQLITE_BUSY) throw;
      }
      if (steady_clock::now() > deadline) {
        return error_for(SQLITE_BUSY, database_, "write-ahead logging cannot be turned on");
      }
      std::this_thread::sleep_for(wal_retry_pause);
    }
  }

  // IMMEDIATE: a transaction that reads first and then writes would fail at once whenever another
  // process has written in between.
  void begin_write(soci::session& sql, Deadline deadline) const override {
    wait_for_locks(sql, duration_cast<milliseconds>(deadline - steady_clock::now()));
    sql << "BEGIN IMMEDIATE";
  }

  void begin_snapshot(soci::session& sql) const override { sql << "BEGIN"; }

  std::vector<std::string> tables(soci::session& sql) const override {
    return select_texts(sql, {"SELECT name FROM sqlite_master WHERE type = 'table'", {}});
  }

  std::string to_ddl(std::string statement) const override {
    if (statement.find(" MODIFY ") != std::string::npos) return {};  // it enforces no lengths
    replace_marker(statement, "${TABLE_OPTIONS}", "WITHOUT ROWID");
    // SQLite's DROP INDEX names no table.
    const std::size_t at = statement.find("${OF ");
    if (at != std::string::npos) statement.erase(at, statement.find('}', at) - at + 1);
    return statement;
  }

  // A migration is one transaction here, so it is never applied in part.
  bool was_applied_before(const std::exception& /*thrown*/) const override { return false; }

  std::vector<std::string> faults(soci::session& sql, Depth depth) const override {
    if (depth == Depth::complete) return found_by(sql, "PRAGMA integrity_check");
    const std::vector<std::string> existing = tables(sql);
    for (const std::string table : tables_checked_at_start) {
      if (std::find(existing.begin(), existing.end(), table) == existing.end()) continue;
      std::vector<std::string> found = found_by(sql, "PRAGMA quick_check(" + table + ")");
      if (!found.empty()) return found;
    }
    return {};
  }

  Error damaged(const std::string& fault) const override {
    return error_for(SQLITE_CORRUPT, database_, fault);
  }

  Failure failure(const std::exception& thrown) const override {
    const auto* const sqlite = dynamic_cast<const soci::sqlite3_soci_error*>(&thrown);
    const auto* const any = dynamic_cast<const soci::soci_error*>(&thrown);
    const int result = sqlite == nullptr ? SQLITE_ERROR : sqlite->result();
    const bool busy = result == SQLITE_BUSY || result == SQLITE_LOCKED;
    // what() would add the SQL and every bound value.
    return Failure{
        error_for(result, database_, any == nullptr ? thrown.what() : any->get_error_message()),
        busy, std::to_string(result)};
  }

 private:
  static std::vector<std::string> found_by(soci::session& sql, const std::string& check) {
    std::vector<std::string> lines = select_texts(sql, {check, {}});
    if (lines == std::vector<std::string>{"ok"}) lines.clear();
    return lines;
  }

  static void wait_for_locks(soci::session& sql, milliseconds time) {
    const auto wait = std::clamp(time, milliseconds{0}, milliseconds{std::chrono::hours(1)});
    sqlite_api::sqlite3_busy_timeout(connection_of(sql), static_cast<int>(wait.count()));
  }

  const std::string path_;
  const std::string database_;
  const FileIdentity file_;
  const milliseconds wait_timeout_;
};

}  // namespace

Result<std::unique_ptr<Dialect>> sqlite_dialect(const std::string& path, const Options& options) {
  // Absolute, so that SQLite takes it as a path and never as one of its special names.
  std::error_code failure;
  const std::string absolute = std::filesystem::absolute(path, failure).string();
  if (failure) return file_error("cannot resolve database path", path, failure.value());
  Status file = ensure_file(absolute);
  if (file.ok()) file = check_file_system(absolute);
  if (!file.ok()) return std::move(file).error();
  Result<FileIdentity> identity = file_identity(absolute);
  if (!identity.ok()) return std::move(identity).error();
  return std::unique_ptr<Dialect>(
      std::make_unique<SqliteDialect>(absolute, identity.value(), options.wait_timeout));
}

}  // namespace console_policy::store
