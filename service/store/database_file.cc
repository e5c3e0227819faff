// SPDX-License-Identifier: Apache-2.0
#include "service/store/database_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "service/store/migrations.h"
#include "service/store/sqlite_connection.h"
#include "service/store/sqlite_file.h"
#include "service/store/store.h"
#include "service/store/store_url.h"

namespace console_policy::store {
namespace {

// A restore takes the counter on by so much: beyond all that can have been written since the copy
// was made to a database that is lost now. It is a year at 30 writes a second.
constexpr std::string_view leap = "1000000000";

Error wrong_file(const std::string& path, const std::string& why) {
  const std::string words = path + ": " + why;
  return Error{ErrorCode::invalid_request, words, words};
}

// A database under a name that nobody had, until it is good; gone with its object, its journals
// too.
class Draft final {
 public:
  static Result<std::unique_ptr<const Draft>> beside(const std::string& path) {
    std::string name = path + ".XXXXXX";
    const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);  // 0600
    if (descriptor < 0) return wrong_file(path, std::generic_category().message(errno));
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

Result<std::string> path_of(const Options& options) {
  Result<SqliteUrl> url = parse_store_url(options.url);
  if (!url.ok()) return std::move(url).error();
  std::error_code failure;
  std::string path = std::filesystem::absolute(url.value().path, failure).string();
  if (failure) return wrong_file(url.value().path, failure.message());
  return path;
}

std::string url_of(const std::string& path) {
  return "sqlite:///" + path;
}

// As a text in SQL.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "''" : std::string(1, c);
  return result + "'";
}

Status sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int why = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (synced) return Success{};
  return wrong_file(folder, std::generic_category().message(why));
}

Result<DatabaseReport> check_open(SqliteConnection& database, const std::string& path) {
  DatabaseReport report;
  report.path = path;
  // What SQLite cannot even read is a fault of the database, like what it finds in it.
  const auto as_fault = [&report](const Error& error) {
    report.faults.push_back(error.message);
    return report;
  };
  Result<std::vector<std::string>> found =
      database.texts("PRAGMA integrity_check(" + std::to_string(max_faults) + ")");
  if (!found.ok()) return as_fault(found.error());
  if (found.value() != std::vector<std::string>{"ok"}) {
    report.faults = std::move(found).value();
    return report;
  }
  Result<long long> version = database.number("SELECT max(version) FROM schema_version");
  if (!version.ok()) return wrong_file(path, "is not a database of console-policy");
  const auto known = static_cast<long long>(embedded_migrations().size());
  if (version.value() > known) {
    return wrong_file(path, "has schema version " + std::to_string(version.value()) +
                                ", newer than this program, which knows " + std::to_string(known));
  }
  Result<long long> revision = database.number("SELECT revision FROM revision_counter");
  Result<long long> policies = database.number("SELECT count(*) FROM policy");
  if (!revision.ok()) return as_fault(revision.error());
  if (!policies.ok()) return as_fault(policies.error());
  report.schema_version = version.value();
  report.revision = revision.value();
  report.policies = policies.value();
  return report;
}

Result<DatabaseReport> check_path(const std::string& path, std::chrono::milliseconds wait) {
  Result<SqliteConnection> database = SqliteConnection::open(path, wait);
  if (!database.ok()) return std::move(database).error();
  return check_open(database.value(), path);
}

// `from` into a new file, checked.
Result<DatabaseReport> copy_into(const Draft& draft, const std::string& from,
                                 std::chrono::milliseconds wait) {
  Result<SqliteConnection> source = SqliteConnection::open(from, wait);
  if (!source.ok()) return std::move(source).error();
  Result<SqliteConnection> copy = SqliteConnection::open(draft.path(), wait);
  if (!copy.ok()) return std::move(copy).error();
  Status copied = source.value().copy_to(copy.value());
  // The copy says that it has a write-ahead log, as its source does; a backup is one file.
  if (copied.ok()) copied = copy.value().run("PRAGMA journal_mode=DELETE");
  if (!copied.ok()) return std::move(copied).error();
  Result<DatabaseReport> report = check_open(copy.value(), from);
  if (report.ok() && !report.value().faults.empty()) {
    return wrong_file(from, "is damaged: " + report.value().faults.front());
  }
  return report;
}

// Both at the newest schema, so each table has the same columns in the same order.
Status replace_contents(SqliteConnection& database) {
  Result<std::vector<std::string>> tables = database.texts(
      "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
      "AND name NOT IN ('schema_version', 'revision_counter')");
  if (!tables.ok()) return std::move(tables).error();
  std::string sql;
  for (const std::string& table : tables.value()) {
    const std::string name = "\"" + table + "\"";
    sql.append("DELETE FROM main.").append(name).append("; INSERT INTO main.").append(name);
    sql.append(" SELECT * FROM copy.").append(name).append("; ");
  }
  sql.append("UPDATE main.revision_counter SET revision = ").append(leap);
  sql += " + max(revision, (SELECT revision FROM copy.revision_counter));";
  return database.run(sql);
}

}  // namespace

Result<DatabaseReport> check_database(const Options& options) {
  Result<std::string> path = path_of(options);
  if (!path.ok()) return std::move(path).error();
  return check_path(path.value(), options.wait_timeout);
}

Status back_up_database(const Options& options, const std::string& target) {
  Result<std::string> path = path_of(options);
  if (!path.ok()) return std::move(path).error();
  std::error_code failure;
  const std::string place = std::filesystem::absolute(target, failure).string();
  if (std::filesystem::exists(place, failure)) return wrong_file(place, "is there already");
  Result<std::unique_ptr<const Draft>> draft = Draft::beside(place);
  if (!draft.ok()) return std::move(draft).error();
  Result<DatabaseReport> copied = copy_into(*draft.value(), path.value(), options.wait_timeout);
  if (!copied.ok()) return std::move(copied).error();
  if (::link(draft.value()->path().c_str(), place.c_str()) != 0) {
    return wrong_file(place, std::generic_category().message(errno));
  }
  return sync_folder_of(place);
}

Result<DatabaseReport> restore_database(const Options& options, const std::string& source) {
  Result<std::string> path = path_of(options);
  if (!path.ok()) return std::move(path).error();
  Result<std::unique_ptr<const Draft>> draft = Draft::beside(path.value());
  if (!draft.ok()) return std::move(draft).error();
  Result<DatabaseReport> copied = copy_into(*draft.value(), source, options.wait_timeout);
  if (!copied.ok()) return std::move(copied).error();
  // Opening brings each up to this program's schema; the database is made if it is not there.
  for (const std::string& each : {draft.value()->path(), path.value()}) {
    Options here = options;
    here.url = url_of(each);
    here.sessions = 1;
    here.lookup_sessions = 1;
    Result<std::unique_ptr<Store>> opened = open_store(here);
    if (!opened.ok()) return std::move(opened).error();
  }
  Result<SqliteConnection> database = SqliteConnection::open(path.value(), options.wait_timeout);
  if (!database.ok()) return std::move(database).error();
  Status done = database.value().run("PRAGMA synchronous=FULL; ATTACH " +
                                     quoted(draft.value()->path()) + " AS copy; BEGIN IMMEDIATE");
  if (!done.ok()) return std::move(done).error();
  done = replace_contents(database.value());
  if (done.ok()) done = database.value().run("COMMIT");
  if (!done.ok()) return std::move(done).error();  // closing rolls back
  return check_open(database.value(), path.value());
}

}  // namespace console_policy::store
