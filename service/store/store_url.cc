// SPDX-License-Identifier: Apache-2.0
#include "service/store/store_url.h"

#include <algorithm>

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

}  // namespace

Result<SqliteUrl> parse_store_url(std::string_view url) {
  if (starts_with(url, "mysql:") || starts_with(url, "mysql+") || starts_with(url, "mariadb")) {
    return invalid_request(
        "store URL: MySQL and MariaDB are not supported by this release; use "
        "sqlite:////absolute/path");
  }
  if (!starts_with(url, sqlite_prefix)) {
    return invalid_request(
        "store URL: must be sqlite:////absolute/path (four slashes) or sqlite:///relative/path");
  }
  const std::string_view path = url.substr(sqlite_prefix.size());
  Status status = check_path(path);
  if (!status.ok()) return std::move(status).error();
  return SqliteUrl{std::string(path)};
}

}  // namespace console_policy::store
