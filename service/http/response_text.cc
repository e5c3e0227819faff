// SPDX-License-Identifier: Apache-2.0
#include "service/http/response_text.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <ctime>
#include <ostream>  // Boost 1.74 forgets it
#include <string_view>

namespace console_policy::http {
namespace {

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

// Formatted once a second in each thread.
const std::string& date_text(std::chrono::system_clock::time_point now) {
  struct Cached {
    std::chrono::seconds second{std::chrono::seconds::min()};
    std::string text;
  };
  thread_local Cached cached;
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  if (second != cached.second) cached = Cached{second, http_date(now)};
  return cached.text;
}

void append_field(std::string& text, std::string_view name, std::string_view value) {
  const std::size_t begin = text.size();
  text.append(name).append(": ").append(value);
  std::replace_if(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), is_control, ' ');
  text.append("\r\n");
}

std::string_view connection_field(Persistence persistence) {
  switch (persistence) {
    case Persistence::close:
      return "Connection: close\r\n";
    case Persistence::keep_alive:
      return "";
    case Persistence::announced_keep_alive:
      return "Connection: keep-alive\r\n";
  }
  return "";
}

}  // namespace

std::string http_date(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};  // the process keeps the C locale, so names are English
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

std::string response_text(const Response& response, Content content, Persistence persistence,
                          std::chrono::system_clock::time_point now) {
  constexpr std::size_t usual_head_bytes = 640;
  const bool has_content = response.status != 204 && response.status != 304;  // RFC 9110, 8.6
  const std::string_view body = has_content ? std::string_view{response.body} : std::string_view{};
  const auto reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  std::string text;
  text.reserve(usual_head_bytes + (content == Content::sent ? body.size() : 0));
  text.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  text.append(reason.data(), reason.size()).append("\r\n");
  append_field(text, "Date", date_text(now));
  for (const auto& [name, value] : response.headers) append_field(text, name, value);
  if (has_content) append_field(text, "Content-Length", std::to_string(body.size()));
  text.append(connection_field(persistence)).append("\r\n");
  if (content == Content::sent) text.append(body);
  return text;
}

}  // namespace console_policy::http
