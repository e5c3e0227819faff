// SPDX-License-Identifier: Apache-2.0
#include "service/store/store_url.h"

#include <algorithm>
#include <regex>
#include <sstream>
#include <utility>

namespace console_policy::store {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite:///";
constexpr int default_mysql_port = 3306;

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

Status check_path(std::string_view path) {
  if (path.empty() || path == ":memory:") {
    return invalid_request(
        "store URL: a database in memory would lose every policy at the next start; name a file, "
        "as in sqlite:////var/lib/console-policy/policy.db");
  }
  if (std::any_of(path.begin(), path.end(), is_control)) {
    return invalid_request("store URL: control characters in the path");
  }
  // The database library would end the path at a quote.
  if (path.find('"') != std::string_view::npos) {
    return invalid_request("store URL: a double quote in the path");
  }
  if (path.find('?') != std::string_view::npos) {
    return invalid_request("store URL: options after \"?\" are not supported");
  }
  return Success{};
}

Result<StoreUrl> sqlite_url(std::string_view path) {
  Status status = check_path(path);
  if (!status.ok()) return std::move(status).error();
  return StoreUrl(SqliteUrl{std::string(path)});
}

// user@host:port/database?options; the password is matched in order to refuse it.
const std::regex& mysql_form() {
  static const std::regex form(
      "([A-Za-z0-9_.-]+)(:[^@]*)?@([A-Za-z0-9_.-]+)(:[0-9]{1,5})?/([A-Za-z0-9_-]+)([?].*)?");
  return form;
}

Status read_options(const std::string& text, MysqlUrl& url) {
  static const std::regex option("(ssl_ca|ssl_cert|ssl_key)=(/[A-Za-z0-9_./-]+)|charset=utf8mb4");
  std::istringstream options(text);
  for (std::string each; std::getline(options, each, '&');) {
    std::smatch found;
    if (!std::regex_match(each, found, option)) {
      return invalid_request(
          "store URL: the options are ssl_ca, ssl_cert and ssl_key, each an absolute path of "
          "letters, digits and _ - . /, and charset=utf8mb4");
    }
    if (found[1] == "ssl_ca") url.ssl_ca = found[2];
    if (found[1] == "ssl_cert") url.ssl_cert = found[2];
    if (found[1] == "ssl_key") url.ssl_key = found[2];
  }
  if (url.ssl_ca.empty() && !(url.ssl_cert + url.ssl_key).empty()) {
    return invalid_request(
        "store URL: ssl_cert and ssl_key need ssl_ca, which verifies the server");
  }
  if (url.ssl_cert.empty() != url.ssl_key.empty()) {
    return invalid_request("store URL: ssl_cert and ssl_key belong together");
  }
  return Success{};
}

Result<StoreUrl> mysql_url(const std::string& text) {
  std::smatch found;
  if (!std::regex_match(text, found, mysql_form())) {
    return invalid_request("store URL: must be mysql://user@host:3306/database");
  }
  if (found[2].matched) {
    return invalid_request(
        "store URL: a password in the URL would end up in logs; put it into the file that "
        "store.password_file names");
  }
  MysqlUrl url;
  url.user = found[1];
  url.host = found[3];
  url.database = found[5];
  const int port = found[4].matched ? std::stoi(found[4].str().substr(1)) : default_mysql_port;
  if (port < 1 || port > 65535) {
    return invalid_request("store URL: the port must be 1 to 65535");
  }
  url.port = static_cast<std::uint16_t>(port);
  if (found[6].matched) {
    Status options = read_options(found[6].str().substr(1), url);
    if (!options.ok()) return std::move(options).error();
  }
  return StoreUrl(std::move(url));
}

}  // namespace

Result<StoreUrl> parse_store_url(std::string_view url) {
  for (const std::string_view prefix : {"mysql://", "mysql+pymysql://", "mariadb://"}) {
    if (starts_with(url, prefix)) {
      return mysql_url(std::string(url.substr(prefix.size())));
    }
  }
  if (starts_with(url, sqlite_prefix)) return sqlite_url(url.substr(sqlite_prefix.size()));
  return invalid_request(
      "store URL: must be sqlite:////absolute/path (four slashes), sqlite:///relative/path or "
      "mysql://user@host:3306/database");
}

}  // namespace console_policy::store
