// SPDX-License-Identifier: Apache-2.0
#include "service/store/database_error.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace console_policy::store {
namespace {

struct Words {
  ErrorCode code;
  const char* message;
  const char* internal;
};

constexpr const char* not_available = "the policy store is not available";

Words words_for(int result) {
  switch (result) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {ErrorCode::unavailable, "the policy store is busy",
              "locked beyond the wait; is another program writing to it?"};
    case SQLITE_FULL:
      return {ErrorCode::unavailable, "the policy store is full", "the disk is full"};
    case SQLITE_IOERR:
      return {ErrorCode::unavailable, not_available,
              "reading or writing failed; look at the disk, its space and the limits of file size"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::unavailable, not_available,
              "not writable; the file and its folder must belong to the service's user"};
    case SQLITE_CANTOPEN:
      return {ErrorCode::unavailable, not_available,
              "cannot be opened; the file and its folder must be readable and writable"};
    case SQLITE_CORRUPT:
      return {ErrorCode::unavailable, not_available,
              "damaged; console-policyd db check says where; to go on, stop the service, move the "
              "file and its -wal and -shm away, and console-policyd db restore BACKUP"};
    case SQLITE_NOTADB:
      return {ErrorCode::unavailable, not_available,
              "not an SQLite database; if it was ours: stop the service, move the file and its "
              "-wal and "
              "-shm away, and console-policyd db restore BACKUP"};
    case SQLITE_NOMEM:
      return {ErrorCode::unavailable, not_available, "out of memory"};
    default:
      return {ErrorCode::internal, "the policy store failed", "unexpected failure"};
  }
}

// The database's own words. what() would add the SQL and every bound value.
std::string own_words(const std::exception& exception) {
  const auto* thrown = dynamic_cast<const soci::soci_error*>(&exception);
  return thrown == nullptr ? exception.what() : thrown->get_error_message();
}

}  // namespace

int sqlite_result(const std::exception& exception) {
  const auto* thrown = dynamic_cast<const soci::sqlite3_soci_error*>(&exception);
  return thrown == nullptr ? SQLITE_OK : thrown->result();
}

Error database_error(const std::exception& exception, const std::string& path) {
  const Words words = words_for(sqlite_result(exception));
  return Error{words.code, words.message,
               "database " + path + ": " + words.internal + " (" + own_words(exception) + ")"};
}

Error damaged_error(const std::string& path, const std::string& found) {
  const Words words = words_for(SQLITE_CORRUPT);
  return Error{words.code, words.message,
               "database " + path + ": " + words.internal + " (" + found + ")"};
}

Error missing_revision(const std::string& path) {
  return Error{ErrorCode::internal, "the policy store failed",
               "database " + path + ": row revision_counter (id 1) is missing"};
}

Error busy_error(const std::string& path) {
  return Error{ErrorCode::unavailable, "the policy store is busy",
               "database " + path + ": no session or no turn to write came free within the wait"};
}

}  // namespace console_policy::store
