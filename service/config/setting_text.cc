// SPDX-License-Identifier: Apache-2.0
#include "service/config/setting_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string_view>

namespace console_policy::config {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite:///";
constexpr unsigned long max_port = 65535;

bool is_address(int family, const std::string& text) {
  in6_addr address{};  // room enough for both families
  // inet_pton stops at a NUL, so text that goes on behind one would pass.
  return text.find('\0') == std::string::npos && ::inet_pton(family, text.c_str(), &address) == 1;
}

Error not_address_and_port() {
  return invalid_request(
      "expected ADDRESS:PORT, as in 127.0.0.1:9797 or [::1]:9797, port 0 to 65535");
}

}  // namespace

Status check_address(const std::string& text) {
  if (is_address(AF_INET, text) || is_address(AF_INET6, text)) return Success{};
  return invalid_request("expected an IPv4 or IPv6 address, as in 127.0.0.1 or ::1");
}

Result<http::Listen> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return not_address_and_port();
  std::string address = text.substr(0, colon);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) address = address.substr(1, address.size() - 2);
  if (!is_address(bracketed ? AF_INET6 : AF_INET, address)) return not_address_and_port();

  const std::string port = text.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos &&
                      (port == "0" || port.front() != '0');
  if (!digits || std::stoul(port) > max_port) return not_address_and_port();
  http::Listen listen;
  listen.address = std::move(address);
  listen.port = static_cast<std::uint16_t>(std::stoul(port));
  return listen;
}

Result<platform::LogLevel> parse_log_level(const std::string& text) {
  if (text == "debug") return platform::LogLevel::debug;
  if (text == "info") return platform::LogLevel::info;
  if (text == "warning") return platform::LogLevel::warning;
  if (text == "error") return platform::LogLevel::error;
  return invalid_request("expected debug, info, warning or error");
}

Result<std::string> parse_http_url(const std::string& text) {
  const Error wrong = invalid_request(
      "expected http://HOST[:PORT][/PATH], or https, without user, query and fragment");
  constexpr std::string_view plain = "http://";
  constexpr std::string_view secure = "https://";
  const bool is_secure = text.compare(0, secure.size(), secure) == 0;
  if (!is_secure && text.compare(0, plain.size(), plain) != 0) return wrong;
  const std::size_t host = is_secure ? secure.size() : plain.size();
  // RFC 3986: what a host, a port and a path are made of, IPv6 literals included.
  constexpr const char* characters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:/[]%";
  if (text.find_first_not_of(characters, host) != std::string::npos) return wrong;
  if (text.size() == host || text[host] == '/' || text[host] == ':') return wrong;
  return text.substr(0, text.find_last_not_of('/') + 1);
}

std::string absolute_path(const std::string& folder, const std::string& path) {
  if (path.front() == '/') return path;
  return (folder.back() == '/' ? folder : folder + "/") + path;
}

std::string absolute_store_url(const std::string& folder, const std::string& url) {
  if (url.compare(0, sqlite_prefix.size(), sqlite_prefix) != 0) return url;
  const std::string path = url.substr(sqlite_prefix.size());
  if (path.empty() || path == ":memory:") return url;
  return std::string(sqlite_prefix) + absolute_path(folder, path);
}

}  // namespace console_policy::config
