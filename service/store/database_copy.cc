// SPDX-License-Identifier: Apache-2.0
#include "service/store/database_copy.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "service/platform/sha256.h"
#include "service/store/database.h"
#include "service/store/database_file.h"
#include "service/store/migrations.h"
#include "service/store/policy_feed.h"
#include "service/store/rows.h"

namespace console_policy::store {
namespace {

constexpr std::size_t statements_of_a_transaction = 10;

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::string key;
};

const std::vector<Table>& tables() {
  static const std::vector<Table> all{
      {"policy",
       {"scope", "owner_id", "instance_id", "body", "revision", "created_at", "updated_at",
        "updated_by"},
       "scope, owner_id, instance_id"},
      {"change_log",
       {"revision", "change_id", "changed_at", "action", "scope", "owner_id", "instance_id",
        "request_id", "user_id", "before_body", "after_body"},
       "revision"},
      {"availability",
       {"project_id", "instance_id", "console_type", "status", "host_id", "instance_updated",
        "seen_at", "nova_status", "milliseconds", "batch"},
       "project_id, instance_id, console_type"},
      {"availability_history", {"day", "opened", "instances"}, "day, opened"},
      {"observation_counter", {"id", "batch"}, "id"}};
  return all;
}

// All columns as text, which both databases convert.
struct Row {
  std::vector<Nullable> columns;

  void bind(soci::statement& statement) {
    for (Nullable& column : columns) bind_columns(statement, column);
  }
};

struct Contents {
  std::vector<std::int64_t> rows;  // of each table
  Revision revision{0};
  std::string checksum;
};

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

void write_rows(soci::session& sql, const Table& table, const Row* first, std::size_t count) {
  const std::string places =
      "(" + joined(std::vector<std::string>(table.columns.size(), "?")) + ")";
  Query query{"REPLACE INTO " + table.name + " (" + joined(table.columns) + ") VALUES ", {}};
  for (std::size_t i = 0; i < count; ++i) {
    query.add((i == 0 ? "" : ", ") + places);
    for (const Nullable& column : first[i].columns) {
      const std::optional<std::string> text = column.value();
      query.values.push_back(text ? Value(*text) : Value());
    }
  }
  execute(sql, query);
}

void append(std::string& digest, const Row& row) {
  std::string text = digest;
  for (const Nullable& column : row.columns) {
    const std::optional<std::string> value = column.value();
    text += value ? std::to_string(value->size()) + ":" + *value : "null";
  }
  digest = platform::hex(platform::sha256(text));
}

// What a database has, from one moment; `take(table, row)` is called for each row.
template <class Take>
Status read_contents(Database& database, Contents& contents, const Take& take) {
  return database.read_snapshot([&](soci::session& sql) -> Status {
    contents = {};
    for (const Table& table : tables()) {
      std::int64_t count = 0;
      const Query all{
          "SELECT " + joined(table.columns) + " FROM " + table.name + " ORDER BY " + table.key, {}};
      for_each_row(sql, all, Row{std::vector<Nullable>(table.columns.size())}, [&](const Row& row) {
        append(contents.checksum, row);
        ++count;
        take(table, row);
      });
      contents.rows.push_back(count);
    }
    Result<Revision> revision = read_revision(sql, database.dialect());
    if (!revision.ok()) return std::move(revision).error();
    contents.revision = revision.value();
    return Success{};
  });
}

// Collects rows and writes many of them in one transaction.
class Writer final {
 public:
  explicit Writer(Database& database) : database_(database) {}

  void add(const Table& table, const Row& row) {
    if (table_ != &table) flush();
    table_ = &table;
    rows_.push_back(row);
    if (rows_.size() == rows_of_a_statement * statements_of_a_transaction) flush();
  }

  // The first error of all writes.
  Status finish() {
    flush();
    return status_;
  }

 private:
  void flush() {
    if (status_.ok() && !rows_.empty()) {
      status_ = database_.write([this](soci::session& sql) -> Status {
        for (std::size_t at = 0; at < rows_.size(); at += rows_of_a_statement) {
          write_rows(sql, *table_, &rows_[at], std::min(rows_of_a_statement, rows_.size() - at));
        }
        return Success{};
      });
    }
    rows_.clear();
  }

  Database& database_;
  const Table* table_{nullptr};
  std::vector<Row> rows_;
  Status status_{Success{}};
};

Result<std::unique_ptr<Database>> open(const Options& options) {
  Result<std::unique_ptr<Dialect>> dialect = make_dialect(options);
  if (!dialect.ok()) return std::move(dialect).error();
  auto database = std::make_unique<Database>(std::move(dialect).value(), options);
  const Deadline until = std::chrono::steady_clock::now() + options.wait_timeout;
  Status migrated = database->follow([&](soci::session& sql) {
    return migrate(sql, database->dialect(), embedded_migrations(), until);
  });
  if (!migrated.ok()) return std::move(migrated).error();
  return database;
}

Status check_empty(Database& target) {
  Contents contents;
  Status read = read_contents(target, contents, [](const Table&, const Row&) {});
  if (!read.ok()) return read;
  // The last table is a counter.
  if (contents.revision == 0 && std::all_of(contents.rows.begin(), std::prev(contents.rows.end()),
                                            [](std::int64_t rows) { return rows == 0; })) {
    return Success{};
  }
  return invalid_request(target.dialect().database() +
                         " is not empty; copy into a new database, or empty this one first");
}

Status write_revision(Database& target, Revision revision) {
  return target.write([&](soci::session& sql) -> Status {
    execute(sql, {"UPDATE revision_counter SET revision = ? WHERE id = 1", {revision}});
    return Success{};
  });
}

Result<CopyReport> copy(Database& source, Database& target) {
  Status done = check_empty(target);
  if (!done.ok()) return std::move(done).error();
  Writer writer(target);
  Contents original;
  done = read_contents(source, original,
                       [&](const Table& table, const Row& row) { writer.add(table, row); });
  if (done.ok()) done = writer.finish();
  if (done.ok()) done = write_revision(target, original.revision);
  Contents copied;
  if (done.ok()) done = read_contents(target, copied, [](const Table&, const Row&) {});
  if (!done.ok()) return std::move(done).error();
  if (copied.rows != original.rows || copied.checksum != original.checksum ||
      copied.revision != original.revision) {
    return Error{ErrorCode::internal, "the copy differs from its source", {}};
  }
  return CopyReport{copied.rows[0], copied.rows[1], copied.rows[2], copied.revision,
                    copied.checksum};
}

}  // namespace

Result<CopyReport> copy_database(const Options& from, const Options& to) {
  Status exists = check_exists(from);
  if (!exists.ok()) return std::move(exists).error();
  Result<std::unique_ptr<Database>> source = open(from);
  if (!source.ok()) return for_operator(std::move(source).error());
  Result<std::unique_ptr<Database>> target = open(to);
  if (!target.ok()) return for_operator(std::move(target).error());
  Result<CopyReport> report = copy(*source.value(), *target.value());
  if (!report.ok()) return for_operator(std::move(report).error());
  return report;
}

}  // namespace console_policy::store
