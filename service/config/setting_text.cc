// SPDX-License-Identifier: Apache-2.0
#include "service/config/setting_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string_view>

#include "policies/ascii.h"

namespace console_policy::config {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite:///";
constexpr unsigned long max_port = 65535;

bool is_address(int family, const std::string& text) {
  in6_addr address{};  // room enough for both families
  // inet_pton stops at a NUL, so text that goes on behind one would pass.
  return text.find('\0') == std::string::npos && ::inet_pton(family, text.c_str(), &address) == 1;
}

bool is_port(const std::string& text) {
  return !text.empty() && text.size() <= 5 && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), is_digit) && std::stoul(text) <= max_port;
}

bool is_host_character(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// RFC 3986, 3.2, without a user: a name, an IPv4 address, or an IPv6 address in brackets.
bool is_host_and_port(const std::string& text) {
  const bool bracketed = !text.empty() && text.front() == '[';
  const std::size_t end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
  if (end == std::string::npos || end == 0) return false;
  const std::string port = text.substr(bracketed ? end + 1 : end);
  if (!port.empty() && (port.front() != ':' || !is_port(port.substr(1)))) return false;
  if (bracketed) return is_address(AF_INET6, text.substr(1, end - 1));
  return std::all_of(text.data(), text.data() + end, is_host_character);
}

// RFC 3986, 3.3, and brackets.
bool is_url_path(const std::string& text) {
  constexpr std::string_view others = ":/[]";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_host_character(text[i]) || others.find(text[i]) != std::string_view::npos) continue;
    const bool escape = text[i] == '%' && i + 2 < text.size() && is_hexadecimal(text[i + 1]) &&
                        is_hexadecimal(text[i + 2]);
    if (!escape) return false;
  }
  return true;
}

Error not_address_and_port() {
  return invalid_request(
      "expected ADDRESS:PORT, as in 127.0.0.1:9797 or [::1]:9797, port 0 to 65535");
}

}  // namespace

Result<std::string> parse_address(const std::string& text) {
  if (is_address(AF_INET, text) || is_address(AF_INET6, text)) return text;
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
  if (port != "0" && !is_port(port)) return not_address_and_port();
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
  const std::size_t path = std::min(text.find('/', host), text.size());
  if (!is_host_and_port(text.substr(host, path - host)) || !is_url_path(text.substr(path))) {
    return wrong;
  }
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
