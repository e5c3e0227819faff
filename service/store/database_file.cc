// SPDX-License-Identifier: Apache-2.0
#include "service/store/database_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include "service/store/database.h"
#include "service/store/migrations.h"
#include "service/store/policy_feed.h"
#include "service/store/rows.h"
#include "service/store/store.h"

namespace console_policy::store {
namespace {

// A restore advances the revision by so much: more than can have been written since the backup to a
// database that is lost now. It is a year at 30 writes a second.
constexpr const char* revisions_of_a_restore = "1000000000";

Error file_error(const std::string& path, const std::string& why) {
  const std::string text = path + ": " + why;
  return Error{ErrorCode::invalid_request, text, text};
}

// An empty file of mode 0600 beside `path`; removed with its object, its journals too.
class Draft final {
 public:
  static Result<std::unique_ptr<const Draft>> beside(const std::string& path) {
    std::string name = path + ".XXXXXX";
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) return file_error(path, std::generic_category().message(errno));
    ::close(descriptor);
    return std::make_unique<const Draft>(std::move(name));
  }
  explicit Draft(std::string path) : path_(std::move(path)) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    for (const char* end : {"", "-wal", "-shm", "-journal"}) ::unlink((path_ + end).c_str());
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).string();
}

Options options_for_file(const Options& options, const std::string& path) {
  Options of_file = options;
  of_file.url = "sqlite:///" + path;
  of_file.sessions = 1;
  return of_file;
}

Result<std::string> sqlite_path(const Options& options) {
  Result<StoreUrl> url = parse_store_url(options.url);
  if (!url.ok()) return std::move(url).error();
  const auto* const sqlite = std::get_if<SqliteUrl>(&url.value());
  if (sqlite != nullptr) return absolute(sqlite->path);
  return invalid_request(
      "this command is for SQLite; back up and restore MariaDB with mariadb-backup "
      "(examples/galera/README.md)");
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "''" : std::string(1, c);
  return result + "'";
}

Status sync(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int why = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (synced) return Success{};
  return file_error(path, std::generic_category().message(why));
}

// Opens the database, calls `work` in a session, and turns what is thrown into an error.
Status with_session(const Options& options,
                    const std::function<Status(soci::session&, const Dialect&)>& work) {
  Status exists = check_exists(options);
  if (!exists.ok()) return exists;
  Result<std::unique_ptr<Dialect>> dialect = make_dialect(options);
  if (!dialect.ok()) return std::move(dialect).error();
  Database database(std::move(dialect).value(), options);
  Status done = database.follow([&](soci::session& sql) { return work(sql, database.dialect()); });
  return done.ok() ? done : Status(for_operator(std::move(done).error()));
}

Status read_report(soci::session& sql, const Dialect& dialect, DatabaseReport& report) {
  report.database = dialect.database();
  try {
    report.faults = dialect.faults(sql, Dialect::Depth::complete);
    if (!report.faults.empty()) return Success{};
  } catch (const std::exception& thrown) {
    // What the database cannot even read is a fault, like what its check finds.
    const Failure failure = dialect.failure(thrown);
    if (failure.retryable) throw;
    report.faults.push_back(failure.error.internal);
    return Success{};
  }
  const std::vector<std::string> tables = dialect.tables(sql);
  if (std::find(tables.begin(), tables.end(), "schema_version") == tables.end()) {
    return file_error(report.database, "is not a database of console-policy");
  }
  report.schema_version =
      select_number(sql, {"SELECT MAX(version) FROM schema_version", {}}).value_or(0);
  const long long known = embedded_migrations().back().version;
  if (!is_compatible(report.schema_version, known)) {
    return file_error(report.database,
                      "has schema version " + std::to_string(report.schema_version) +
                          ", newer than this program, which knows " + std::to_string(known));
  }
  report.policies = select_number(sql, {"SELECT COUNT(*) FROM policy", {}}).value_or(0);
  Result<Revision> revision = read_revision(sql, dialect);
  if (!revision.ok()) return std::move(revision).error();
  report.revision = revision.value();
  return Success{};
}

// A checked copy of the database at `from` in the draft.
Status copy_into(const Draft& draft, const std::string& from, const Options& options) {
  Status copied = with_session(options_for_file(options, from),
                               [&](soci::session& sql, const Dialect&) -> Status {
                                 sql << "VACUUM INTO " + quoted(draft.path());
                                 return Success{};
                               });
  if (!copied.ok()) return copied;
  Result<DatabaseReport> report = check_database(options_for_file(options, draft.path()));
  if (!report.ok()) return file_error(from, report.error().message);
  if (report.value().faults.empty()) return Success{};
  return file_error(from, "is damaged: " + report.value().faults.front());
}

// Both at the newest schema, so each table has the same columns in the same order.
void replace_contents(soci::session& sql, const std::string& copy) {
  sql << "ATTACH " + quoted(copy) + " AS copy";
  sql << "BEGIN IMMEDIATE";
  Transaction transaction(sql);
  const Query tables{
      "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
      "AND name NOT IN ('schema_version', 'revision_counter')",
      {}};
  for (const std::string& name : select_texts(sql, tables)) {
    execute(sql, {"DELETE FROM main." + name, {}});
    Query copied{"INSERT INTO main.", {}};
    copied.add(name);
    copied.add(" SELECT * FROM copy.");
    copied.add(name);
    execute(sql, copied);
  }
  sql << std::string("UPDATE main.revision_counter SET revision = ") + revisions_of_a_restore +
             " + max(revision, (SELECT revision FROM copy.revision_counter))";
  transaction.commit();
}

}  // namespace

Status check_exists(const Options& options) {
  const Result<std::string> path = sqlite_path(options);
  if (!path.ok() || std::filesystem::exists(path.value())) return Success{};
  return file_error(path.value(), "there is no such database");
}

Result<DatabaseReport> check_database(const Options& options) {
  DatabaseReport report;
  Status done = with_session(options, [&report](soci::session& sql, const Dialect& dialect) {
    return read_report(sql, dialect, report);
  });
  if (!done.ok()) return std::move(done).error();
  return report;
}

Status back_up_database(const Options& options, const std::string& target) {
  Result<std::string> path = sqlite_path(options);
  if (!path.ok()) return std::move(path).error();
  const std::string place = absolute(target);
  if (std::filesystem::exists(place)) return file_error(place, "exists already");
  Result<std::unique_ptr<const Draft>> draft = Draft::beside(place);
  if (!draft.ok()) return std::move(draft).error();
  Status copied = copy_into(*draft.value(), path.value(), options);
  if (copied.ok()) copied = sync(draft.value()->path());
  if (!copied.ok()) return copied;
  if (::link(draft.value()->path().c_str(), place.c_str()) != 0) {
    return file_error(place, std::generic_category().message(errno));
  }
  return sync(std::filesystem::path(place).parent_path().string());
}

Result<DatabaseReport> restore_database(const Options& options, const std::string& source) {
  Result<std::string> path = sqlite_path(options);
  if (!path.ok()) return std::move(path).error();
  Result<std::unique_ptr<const Draft>> draft = Draft::beside(path.value());
  if (!draft.ok()) return std::move(draft).error();
  Status done = copy_into(*draft.value(), absolute(source), options);
  if (!done.ok()) return std::move(done).error();
  // Opening brings each up to this program's schema; the database is created if it is not there.
  for (const std::string& each : {draft.value()->path(), path.value()}) {
    Result<std::unique_ptr<Store>> opened = open_store(options_for_file(options, each));
    if (!opened.ok()) return std::move(opened).error();
  }
  done = with_session(options_for_file(options, path.value()),
                      [&](soci::session& sql, const Dialect&) -> Status {
                        replace_contents(sql, draft.value()->path());
                        return Success{};
                      });
  if (!done.ok()) return std::move(done).error();
  return check_database(options_for_file(options, path.value()));
}

}  // namespace console_policy::store
