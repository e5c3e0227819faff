// SPDX-License-Identifier: Apache-2.0
#include "service/store/store_url.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace console_policy::store {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite:///";

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
  // A quote would end the path early on its way through the database library.
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

Error not_a_mysql_url() {
  return invalid_request("store URL: must be mysql://user@host:3306/database");
}

// What libmariadb and SOCI pass on as it is: nothing that could end a value early.
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alphanumeric || c == '_' || c == '-' || c == '.' || c == ':' || c == '/';
  });
}

// "text" up to the first `end`, which is removed with it from `rest`; all of it without one.
std::string_view cut(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

Status read_option(std::string_view option, MysqlUrl& url) {
  const std::string_view key = cut(option, '=');
  if (key == "charset") return Success{};  // always utf8mb4
  std::string* const target = key == "ssl_ca"     ? &url.ssl_ca
                              : key == "ssl_cert" ? &url.ssl_cert
                              : key == "ssl_key"  ? &url.ssl_key
                                                  : nullptr;
  if (target == nullptr) {
    return invalid_request("store URL: the options are ssl_ca, ssl_cert, ssl_key and charset");
  }
  if (!is_plain(option) || option.front() != '/') {
    return invalid_request("store URL: " + std::string(key) +
                           " must be an absolute path of letters, digits and _ - . /");
  }
  *target = option;
  return Success{};
}

Status read_host(std::string_view text, MysqlUrl& url) {
  const std::size_t colon = text.rfind(':');
  url.host = text.substr(0, colon);
  if (colon == std::string_view::npos) return Success{};
  const std::string_view port = text.substr(colon + 1);
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (failure != std::errc() || end != port.data() + port.size() || url.port == 0) {
    return invalid_request("store URL: the port must be 1 to 65535");
  }
  return Success{};
}

Status check_mysql(const MysqlUrl& url) {
  for (const std::string* part : {&url.user, &url.host, &url.database}) {
    if (!is_plain(*part) || part->find_first_of(":/") != std::string::npos) {
      return not_a_mysql_url();
    }
  }
  if (url.ssl_ca.empty() && !(url.ssl_cert + url.ssl_key).empty()) {
    return invalid_request("store URL: ssl_cert and ssl_key need ssl_ca, which verifies the server");
  }
  if (url.ssl_cert.empty() != url.ssl_key.empty()) {
    return invalid_request("store URL: ssl_cert and ssl_key belong together");
  }
  return Success{};
}

Result<StoreUrl> mysql_url(std::string_view rest) {
  MysqlUrl url;
  const std::size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return not_a_mysql_url();
  url.user = rest.substr(0, at);
  if (url.user.find(':') != std::string::npos) {
    return invalid_request(
        "store URL: a password in the URL would end up in logs; put it into the file that "
        "store.password_file names");
  }
  rest = rest.substr(at + 1);
  Status host = read_host(cut(rest, '/'), url);
  if (!host.ok()) return std::move(host).error();
  url.database = cut(rest, '?');
  while (!rest.empty()) {
    Status option = read_option(cut(rest, '&'), url);
    if (!option.ok()) return std::move(option).error();
  }
  Status status = check_mysql(url);
  if (!status.ok()) return std::move(status).error();
  return StoreUrl(std::move(url));
}

}  // namespace

Result<StoreUrl> parse_store_url(std::string_view url) {
  for (const std::string_view prefix : {"mysql://", "mysql+pymysql://", "mariadb://"}) {
    if (starts_with(url, prefix)) return mysql_url(url.substr(prefix.size()));
  }
  if (starts_with(url, sqlite_prefix)) return sqlite_url(url.substr(sqlite_prefix.size()));
  return invalid_request(
      "store URL: must be sqlite:////absolute/path (four slashes), sqlite:///relative/path or "
      "mysql://user@host:3306/database");
}

}  // namespace console_policy::store
