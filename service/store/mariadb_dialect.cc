// SPDX-License-Identifier: Apache-2.0
// MariaDB, a single server or a Galera cluster behind a proxy.
//
// TLS: SOCI passes `host` to libmariadb unchanged, and libmariadb (3.3 or later) reads a host with
// ";" as a connection string that takes all keys of an option file (mariadb_connect(3)). So the
// certificate and the host name are verified before the user name is sent. A misspelt key would be
// ignored; so the options are read back from the connection and it is closed if one is not in
// force.
#include <mysql.h>
#include <soci/mysql/soci-mysql.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "service/store/dialect.h"
#include "service/store/rows.h"

namespace console_policy::store {
namespace {

using std::chrono::seconds;

constexpr const char* not_available = "the policy store is not available";
constexpr int connect_timeout_seconds = 2;

// Never a password in clear, whatever the server asks for.
constexpr const char* accepted_authentication =
    "restricted-auth=mysql_native_password,client_ed25519";

constexpr unsigned unknown_system_variable = 1193;
constexpr unsigned access_denied = 1045;
constexpr unsigned unknown_database = 1049;
constexpr unsigned not_primary = 1047;
constexpr unsigned tls_error = 2026;

// 1213 deadlock or certification conflict; 1205 lock wait timeout; 1062 two inserts of one key;
// 1047 the node left the primary component; 1180 COMMIT while the quorum was lost; 1040 too many
// connections; 1053, 1927, 2002, 2003, 2006, 2013 the connection or the server was lost, 2026 also
// while a proxy cut the TLS handshake.
constexpr unsigned retryable[] = {1213, 1205, 1062, not_primary, 1180, 1040, tls_error,
                                  1053, 1927, 2002, 2003,        2006, 2013};

// Table, column, key, row or index exists; table or index does not exist any more.
constexpr unsigned applied_before[] = {1050, 1060, 1061, 1062, 1051, 1091};

unsigned number_of(const std::exception& thrown) {
  const auto* const error = dynamic_cast<const soci::mysql_soci_error*>(&thrown);
  return error == nullptr ? 0 : error->err_num_;
}

const char* advice_for(unsigned number) {
  switch (number) {
    case access_denied:
      return "user or password refused; check store.url and store.password_file";
    case unknown_database:
      return "the database does not exist; create it first (examples/galera/README.md)";
    case not_primary:
      return "the node is not part of the primary component of its cluster";
    case tls_error:
      return "TLS failed; check ssl_ca, and that the server's certificate names this host and has "
             "not expired";
    default:
      return "cannot be used";
  }
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

Result<std::string> read_password(const std::string& file) {
  if (file.empty()) return std::string();
  struct stat status {};
  std::ifstream stream(file);
  if (!stream || ::stat(file.c_str(), &status) != 0) {
    return invalid_request("store.password_file " + file + " cannot be read");
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return invalid_request("store.password_file " + file +
                           " can be read by others; make its mode 0600");
  }
  std::string password;
  std::getline(stream, password);
  if (password.empty()) return invalid_request("store.password_file " + file + " is empty");
  return password;
}

MYSQL* connection_of(soci::session& sql) {
  return static_cast<soci::mysql_session_backend*>(sql.get_backend())->conn_;
}

class MariadbDialect final : public Dialect {
 public:
  MariadbDialect(const MysqlUrl& url, const std::string& password, const Options& options)
      : database_("database mysql://" + url.user + "@" + url.host + ":" + std::to_string(url.port) +
                  "/" + url.database),
        must_verify_(!url.ssl_ca.empty()),
        timeout_(std::max(seconds(1), std::chrono::ceil<seconds>(options.wait_timeout))) {
    std::string host = "host=" + url.host + ";" + accepted_authentication;
    if (must_verify_) host += ";ssl-ca=" + url.ssl_ca + ";ssl-verify-server-cert=1";
    if (!url.ssl_cert.empty()) host += ";ssl-cert=" + url.ssl_cert + ";ssl-key=" + url.ssl_key;
    connection_ = "host=" + quoted(host) + " port=" + std::to_string(url.port) +
                  " user=" + quoted(url.user) + " db=" + quoted(url.database) +
                  " charset=utf8mb4 connect_timeout=" + std::to_string(connect_timeout_seconds) +
                  " read_timeout=" + std::to_string(timeout_.count()) +
                  " write_timeout=" + std::to_string(timeout_.count());
    if (!password.empty()) connection_ += " password=" + quoted(password);
  }

  const std::string& database() const override { return database_; }
  bool is_shared() const override { return true; }

  Status open(soci::session& sql) const override {
    sql.open(soci::mysql, connection_);
    if (must_verify_ && !is_verified(sql)) {
      sql.close();
      return Error{ErrorCode::unavailable, not_available,
                   database_ + ": the connection is not verified although ssl_ca is given"};
    }
    // A crowd of writers on one row: REPEATABLE READ would add gap locks, and deadlocks.
    sql << "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED";
    sql << "SET SESSION innodb_lock_wait_timeout = " + std::to_string(timeout_.count());
    try {
      // Reads see what other nodes have committed, also right after a failover.
      sql << "SET SESSION wsrep_sync_wait = 1";
    } catch (const soci::mysql_soci_error& error) {
      if (error.err_num_ != unknown_system_variable) throw;  // a server without Galera
    }
    return Success{};
  }

  Status check_writable() const override { return Success{}; }
  Status enter_wal_mode(soci::session& /*sql*/, Deadline /*deadline*/) const override {
    return Success{};
  }
  void begin_write(soci::session& sql, Deadline /*deadline*/) const override { sql << "BEGIN"; }

  void begin_snapshot(soci::session& sql) const override {
    sql << "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
    sql << "START TRANSACTION WITH CONSISTENT SNAPSHOT";
  }

  std::vector<std::string> tables(soci::session& sql) const override {
    return select_texts(sql, {"SELECT table_name FROM information_schema.tables "
                              "WHERE table_schema = DATABASE()",
                              {}});
  }

  std::string to_ddl(std::string statement) const override {
    // Ids compare byte by byte; utf8mb4_bin would ignore spaces at the end.
    replace_marker(statement, "${TABLE_OPTIONS}",
                   "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin");
    const std::size_t at = statement.find("${OF ");
    if (at != std::string::npos) {
      statement.erase(statement.find('}', at), 1);
      statement.replace(at, std::string_view("${OF ").size(), "ON ");
    }
    return statement;
  }

  bool was_applied_before(const std::exception& thrown) const override {
    const unsigned number = number_of(thrown);
    return std::find(std::begin(applied_before), std::end(applied_before), number) !=
           std::end(applied_before);
  }

  std::vector<std::string> faults(soci::session& sql, Depth depth) const override {
    if (depth == Depth::at_start) return {};
    std::vector<std::string> faults;
    for (const std::string& table : tables(sql)) {
      std::string name;
      std::string operation;
      std::string type;
      std::string text;
      sql << "CHECK TABLE `" + table + "`", soci::into(name), soci::into(operation),
          soci::into(type), soci::into(text);
      if (text != "OK") faults.push_back(name.append(": ").append(text));
    }
    return faults;
  }

  Error damaged(const std::string& fault) const override {
    return Error{ErrorCode::unavailable, not_available, database_ + ": damaged (" + fault + ")"};
  }

  Failure failure(const std::exception& thrown) const override {
    const unsigned number = number_of(thrown);
    const auto* const any = dynamic_cast<const soci::soci_error*>(&thrown);
    // SOCI throws its base class when a session was never connected.
    const bool lost = any != nullptr && number == 0;
    const bool retry = lost || std::find(std::begin(retryable), std::end(retryable), number) !=
                                   std::end(retryable);
    // what() would add the SQL and every bound value.
    const std::string words = any == nullptr ? thrown.what() : any->get_error_message();
    return Failure{Error{ErrorCode::unavailable, not_available,
                         database_ + ": " + advice_for(number) + " (" + std::to_string(number) +
                             ": " + words + ")"},
                   retry, std::to_string(number)};
  }

 private:
  static bool is_verified(soci::session& sql) {
    my_bool verified = 0;
    MYSQL* const connection = connection_of(sql);
    return mysql_get_optionv(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verified) == 0 &&
           verified != 0 && mysql_get_ssl_cipher(connection) != nullptr;
  }

  const std::string database_;
  const bool must_verify_;
  const seconds timeout_;   // of one statement: libmariadb counts whole seconds
  std::string connection_;  // with the password: never for a log
};

}  // namespace

Result<std::unique_ptr<Dialect>> mariadb_dialect(const MysqlUrl& url, const Options& options) {
  Result<std::string> password = read_password(options.password_file);
  if (!password.ok()) return std::move(password).error();
  return std::unique_ptr<Dialect>(std::make_unique<MariadbDialect>(url, password.value(), options));
}

}  // namespace console_policy::store
