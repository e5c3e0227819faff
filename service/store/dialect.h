// SPDX-License-Identifier: Apache-2.0
// Dialect: the differences between the databases. Everything else in this folder is the same SQL
// for all of them.
//
// Contract: a session that open() returned from is set up completely: durable commits, isolation,
//           limits of waiting.
// Errors:   functions that take a session let soci::soci_error through; error() translates it.
// Threads:  safe for concurrent use; a session is used by one thread at a time.
#pragma once

#include <soci/soci.h>

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policies/result.h"
#include "service/store/options.h"
#include "service/store/store_url.h"

namespace console_policy::store {

using Deadline = std::chrono::steady_clock::time_point;

// What the database library threw.
struct Failure {
  // `message` is short and names no host and no file; `internal` names the database and the remedy,
  // and quotes the database's message without SQL and without bound values.
  Error error;
  bool retryable{false};  // the same transaction may succeed on a new session
  std::string name;       // for metrics: "1213", "5"
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  // "database /path" or "database mysql://user@host:3306/name", for messages.
  virtual const std::string& database() const = 0;
  // A network database, which other daemons use and which may be away.
  virtual bool is_shared() const = 0;

  // Errors: unavailable: the connection is not as secure as the settings demand.
  virtual Status open(soci::session& sql) const = 0;
  // Before each transaction that writes: an error when a commit would be lost.
  virtual Status check_writable() const = 0;
  // SQLite's write-ahead logging, which stays in the file; nothing elsewhere. Not before it is
  // known that the database is ours.
  virtual Status enter_wal_mode(soci::session& sql, Deadline deadline) const = 0;
  // Begins a transaction that writes; statements wait for the locks of others until `deadline`.
  virtual void begin_write(soci::session& sql, Deadline deadline) const = 0;
  // Begins a transaction in which all reads are from one moment.
  virtual void begin_snapshot(soci::session& sql) const = 0;

  virtual std::vector<std::string> tables(soci::session& sql) const = 0;
  // A statement of schema/migrations in this database's words; empty: it needs none.
  virtual std::string to_ddl(std::string statement) const = 0;
  // Whether a schema statement failed because it was applied before.
  virtual bool was_applied_before(const std::exception& thrown) const = 0;
  // What the database's own check finds wrong in the stored data; empty when it is intact.
  // at_start: SQLite's tables of policies, revision and schema, of any size, each with its indexes.
  enum class Depth { at_start, complete };
  virtual std::vector<std::string> faults(soci::session& sql, Depth depth) const = 0;
  virtual Error damaged(const std::string& fault) const = 0;

  virtual Failure failure(const std::exception& thrown) const = 0;
};

// The operator, unlike a user, may know which database it is.
inline Error for_operator(Error error) {
  if (!error.internal.empty()) error.message = error.internal;
  return error;
}

// Replaces the first `marker` in an SQL text.
inline void replace_marker(std::string& text, std::string_view marker, std::string_view by) {
  const std::size_t at = text.find(marker);
  if (at != std::string::npos) text.replace(at, marker.size(), by);
}

// Errors: invalid_request for an unusable URL, file system or password file.
Result<std::unique_ptr<Dialect>> make_dialect(const Options& options);
Result<std::unique_ptr<Dialect>> sqlite_dialect(const std::string& path, const Options& options);
Result<std::unique_ptr<Dialect>> mariadb_dialect(const MysqlUrl& url, const Options& options);

}  // namespace console_policy::store
