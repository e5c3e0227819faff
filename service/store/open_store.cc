// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <system_error>
#include <utility>

#include "service/store/database_error.h"
#include "service/store/migrations.h"
#include "service/store/soci_store.h"
#include "service/store/sqlite_library.h"
#include "service/store/store_url.h"

namespace console_policy::store {
namespace {

// Absolute, so that a later change of the working directory changes nothing, and so that SQLite
// takes it for a path and never for one of its special names.
Result<std::string> absolute_path(const std::string& path) {
  std::error_code failure;
  const std::filesystem::path absolute = std::filesystem::absolute(path, failure);
  if (failure) {
    const std::string text = "cannot resolve database path " + path + ": " + failure.message();
    return Error{ErrorCode::unavailable, text, text};
  }
  return absolute.string();
}

// A start reads a database whole only while that takes less than the rest of the start.
constexpr std::uintmax_t max_checked_bytes = 16UL * 1024 * 1024;

Status check_if_small(Session& session, const std::string& path) {
  std::error_code failure;
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  if (failure || size > max_checked_bytes) return Success{};
  std::string found;
  session.sql() << "PRAGMA quick_check(1)", soci::into(found);
  return found == "ok" ? Status(Success{}) : damaged_error(path, found);
}

Result<std::unique_ptr<Store>> open_database(const std::string& path, const Options& options,
                                             CheckpointsTold told) {
  const Deadline until = std::chrono::steady_clock::now() + options.wait_timeout;
  Session session(path, until);
  Status whole = check_if_small(session, path);
  if (!whole.ok()) return std::move(whole).error();
  Status migrated = migrate(session, path, embedded_migrations(), until);
  if (!migrated.ok()) return std::move(migrated).error();
  Result<FileIdentity> file = file_identity(path);
  if (!file.ok()) return std::move(file).error();
  return std::unique_ptr<Store>(
      std::make_unique<SociStore>(path, file.value(), options, std::move(told)));
}

}  // namespace

SociStore::SociStore(const std::string& path, const FileIdentity& file, const Options& options,
                     CheckpointsTold told)
    : path_(path),
      file_(file),
      wait_timeout_(options.wait_timeout),
      availability_(options.availability),
      pool_(path, options.sessions, Session::reader_cache_kib, deadline()),
      lookup_pool_(path, options.lookup_sessions, Session::reader_cache_kib, deadline()),
      write_pool_(path, 1, Session::writer_cache_kib, deadline()),
      watch_(path, deadline()),
      wal_index_(watch_),
      cache_(wal_index_),
      seen_cache_(wal_index_),
      loader_(path, wal_index_, cache_),
      checkpoints_(path, std::move(told)),
      writes_([this](const WriteGroup& group) { write_group(group); }, busy_error(path)) {}

WalFigures SociStore::wal_figures() const {
  const std::optional<WalIndex::Header> header = wal_index_.header();
  return {header ? WalIndex::pages_in_log(*header) : 0, checkpoints_.failed()};
}

Result<std::unique_ptr<Store>> open_store(const Options& options, CheckpointsTold told) {
  Result<SqliteUrl> url = parse_store_url(options.url);
  if (!url.ok()) return std::move(url).error();
  if (options.sessions == 0 || options.lookup_sessions == 0) {
    return invalid_request("store sessions: must be at least 1");
  }
  Result<std::string> path = absolute_path(url.value().path);
  if (!path.ok()) return std::move(path).error();
  set_up_sqlite_library();
  Status file_there = ensure_database_file(path.value());
  if (!file_there.ok()) return std::move(file_there).error();
  Result<std::unique_ptr<Store>> store = without_exceptions(
      path.value(), [&] { return open_database(path.value(), options, std::move(told)); });
  if (store.ok()) return store;
  // Whoever starts the service may know which file it is.
  Error error = std::move(store).error();
  error.message = error.internal;
  return error;
}

}  // namespace console_policy::store
