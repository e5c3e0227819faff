// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store/raw_database.h"

#include <mysql.h>
#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <variant>

#include "service/store/store_url.h"

namespace console_policy::store::test {
namespace {

template <class Values>
std::string joined(Values values, unsigned columns) {
  std::string line;
  for (unsigned i = 0; i < columns; ++i) {
    if (i > 0) line += '|';
    line += values[i] == nullptr ? "NULL" : values[i];
  }
  return line;
}

int collect(void* lines, int columns, char** values, char** /*names*/) {
  static_cast<std::vector<std::string>*>(lines)->push_back(
      joined(values, static_cast<unsigned>(columns)));
  return 0;
}

class SqliteConnection final : public RawDatabase::Connection {
 public:
  explicit SqliteConnection(const std::string& path) {
    constexpr int wait_ms = 5000;
    REQUIRE(sqlite3_open(path.c_str(), &connection_) == SQLITE_OK);
    sqlite3_busy_timeout(connection_, wait_ms);
  }
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection() override { sqlite3_close(connection_); }

  std::string run(const std::string& sql, std::vector<std::string>& lines) override {
    const int result = sqlite3_exec(connection_, sql.c_str(), collect, &lines, nullptr);
    return result == SQLITE_OK ? std::string() : sqlite3_errmsg(connection_);
  }

  const char* writers_lock() const override { return "BEGIN IMMEDIATE"; }

 private:
  sqlite3* connection_{nullptr};
};

std::string first_line(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

class MariadbConnection final : public RawDatabase::Connection {
 public:
  MariadbConnection(const MysqlUrl& url, const std::string& password) {
    connection_ = mysql_init(nullptr);
    MYSQL* const connected =
        mysql_real_connect(connection_, url.host.c_str(), url.user.c_str(), password.c_str(),
                           url.database.c_str(), url.port, nullptr, CLIENT_MULTI_STATEMENTS);
    INFO(mysql_error(connection_));
    REQUIRE(connected != nullptr);
    std::vector<std::string> none;
    REQUIRE(run("SET NAMES utf8mb4; SET SESSION sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT')",
                none)
                .empty());
  }
  MariadbConnection(const MariadbConnection&) = delete;
  MariadbConnection& operator=(const MariadbConnection&) = delete;
  ~MariadbConnection() override { mysql_close(connection_); }

  std::string run(const std::string& sql, std::vector<std::string>& lines) override {
    int more = mysql_real_query(connection_, sql.data(), sql.size());
    while (more == 0) {
      if (MYSQL_RES* const rows = mysql_store_result(connection_)) {
        while (MYSQL_ROW row = mysql_fetch_row(rows)) {
          lines.push_back(joined(row, mysql_num_fields(rows)));
        }
        mysql_free_result(rows);
      }
      more = mysql_next_result(connection_);
    }
    return more < 0 ? std::string() : mysql_error(connection_);
  }

  const char* writers_lock() const override {
    return "BEGIN; UPDATE revision_counter SET revision = revision WHERE id = 1;"
           "UPDATE observation_counter SET batch = batch WHERE id = 1";
  }

 private:
  MYSQL* connection_;
};

std::unique_ptr<RawDatabase::Connection> connect(const Options& options) {
  const Result<StoreUrl> url = parse_store_url(options.url);
  REQUIRE(url.ok());
  if (const auto* const sqlite = std::get_if<SqliteUrl>(&url.value())) {
    return std::make_unique<SqliteConnection>(sqlite->path);
  }
  return std::make_unique<MariadbConnection>(std::get<MysqlUrl>(url.value()),
                                             first_line(options.password_file));
}

}  // namespace

RawDatabase::RawDatabase(const Options& options) : connection_(connect(options)) {}

RawDatabase::RawDatabase(const std::string& path)
    : connection_(std::make_unique<SqliteConnection>(path)) {}

RawDatabase::~RawDatabase() = default;

std::vector<std::string> RawDatabase::run(const std::string& sql) {
  std::vector<std::string> lines;
  const std::string wrong = connection_->run(sql, lines);
  INFO(sql << ": " << wrong);
  REQUIRE(wrong.empty());
  return lines;
}

std::string RawDatabase::value(const std::string& sql) {
  const std::vector<std::string> lines = run(sql);
  REQUIRE(lines.size() == 1);
  return lines.front();
}

void RawDatabase::lock_writers() {
  run(connection_->writers_lock());
}

}  // namespace console_policy::store::test
