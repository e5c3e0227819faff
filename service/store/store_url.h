// SPDX-License-Identifier: Apache-2.0
// The store's URL, as SQLAlchemy writes it:
//   sqlite:////absolute/path, sqlite:///relative/path
//   mysql://user@host:3306/database?ssl_ca=/path&ssl_cert=/path&ssl_key=/path
//   (mysql+pymysql:// and mariadb:// are accepted as well)
//
// Contract: text is taken as it is written: no %xx. A password in the URL is refused, because URLs
//           end up in logs and process lists.
// Errors:   invalid_request with what is wrong and an example; the URL itself is never quoted.
// Threads:  a free function on values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "policies/result.h"

namespace console_policy::store {

struct SqliteUrl {
  std::string path;  // as written: absolute, or relative to the working directory
};

struct MysqlUrl {
  std::string user;
  std::string host;  // name or address
  std::uint16_t port{3306};
  std::string database;
  // PEM files. With ssl_ca the connection is encrypted, and certificate and host name are verified.
  std::string ssl_ca;
  std::string ssl_cert;
  std::string ssl_key;
};

using StoreUrl = std::variant<SqliteUrl, MysqlUrl>;

Result<StoreUrl> parse_store_url(std::string_view url);

}  // namespace console_policy::store
