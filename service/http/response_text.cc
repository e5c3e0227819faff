// SPDX-License-Identifier: Apache-2.0
#include "service/http/response_text.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "service/http/character_table.h"

namespace console_policy::http {
namespace {

bool is_token(std::string_view text) {
  static constexpr CharacterTable token =
      table_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return token[static_cast<unsigned char>(c)]; });
}

// Grows the text once for all of them.
void append(std::string& text, std::initializer_list<std::string_view> pieces) {
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  std::size_t at = text.size();
  text.resize(at + bytes);
  for (const std::string_view piece : pieces) at += piece.copy(text.data() + at, piece.size());
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' ? c != '\t' : c == '\x7f';
}

// Without an early end, so that the compiler looks at many characters at once.
bool has_control(std::string_view text) {
  unsigned char found = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    found |= static_cast<unsigned char>(static_cast<unsigned char>(byte < ' ') &
                                        static_cast<unsigned char>(byte != '\t')) |
             static_cast<unsigned char>(byte == 0x7f);
  }
  return found != 0;
}

// Empty for a status that this service never gives: the phrase is for people only (RFC 9112, 4).
std::string_view reason_phrase(int status) {
  constexpr std::array<std::pair<int, std::string_view>, 23> phrases{{
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {300, "Multiple Choices"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {412, "Precondition Failed"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {503, "Service Unavailable"},
  }};
  for (const auto& [code, phrase] : phrases) {
    if (code == status) return phrase;
  }
  return {};
}

bool is_servers_own(std::string_view name) {
  constexpr std::array<std::string_view, 4> own{"Content-Length", "Transfer-Encoding", "Connection",
                                                "Date"};
  return std::any_of(own.begin(), own.end(),
                     [name](std::string_view each) { return equal_ignoring_case(each, name); });
}

void append_field(std::string& text, std::string_view name, std::string_view value) {
  const std::size_t begin = text.size() + name.size() + 2;
  append(text, {name, ": ", value, "\r\n"});
  if (has_control(value)) {
    const auto at = text.begin() + static_cast<std::ptrdiff_t>(begin);
    std::replace_if(at, at + static_cast<std::ptrdiff_t>(value.size()), is_control, ' ');
  }
}

void append_two_digits(std::string& text, unsigned value) {
  text.push_back(static_cast<char>('0' + value / 10 % 10));
  text.push_back(static_cast<char>('0' + value % 10));
}

struct Date {
  unsigned year;
  unsigned month;  // 1..12
  unsigned day;    // 1..31
};

// Days since 1970-01-01 to a date, by walking: gmtime_r would take glibc's time zone lock once a
// response. Years are found from the mean length and mended; the walk is at most one year.
constexpr bool is_leap(unsigned year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

constexpr unsigned days_before_year(unsigned year) {  // since 1970
  const unsigned y = year - 1;
  return (year - 1970) * 365 + (y / 4 - y / 100 + y / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
}

Date date_of(unsigned days) {
  unsigned year = 1970 + days / 366;
  while (days_before_year(year + 1) <= days) ++year;
  unsigned rest = days - days_before_year(year);
  constexpr std::array<unsigned, 12> lengths{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  unsigned month = 0;
  for (const unsigned length : lengths) {
    const unsigned here = month == 1 && is_leap(year) ? length + 1 : length;
    if (rest < here) break;
    rest -= here;
    ++month;
  }
  return {year, month + 1, rest + 1};
}

// The date changes once a second; each thread keeps the one of its last answer.
const std::string& date_text(std::chrono::system_clock::time_point now) {
  struct Kept {
    std::chrono::seconds second{std::chrono::seconds::min()};
    std::string text;
  };
  thread_local Kept kept;
  const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  if (second != kept.second) kept = Kept{second, http_date(now)};
  return kept.text;
}

void append_connection(std::string& text, Persistence persistence) {
  switch (persistence) {
    case Persistence::close:
      text.append("Connection: close\r\n");
      return;
    case Persistence::keep_alive:
      return;
    case Persistence::announced_keep_alive:
      text.append("Connection: keep-alive\r\n");
      return;
  }
}

}  // namespace

std::string http_date(std::chrono::system_clock::time_point time) {
  constexpr std::array<std::string_view, 7> weekdays{"Thu", "Fri", "Sat", "Sun",
                                                     "Mon", "Tue", "Wed"};
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
  const auto seconds = static_cast<unsigned long>(std::max<long>(since.count(), 0));
  const auto days = static_cast<unsigned>(seconds / 86400);
  const auto in_day = static_cast<unsigned>(seconds % 86400);
  const Date date = date_of(days);
  std::string text;
  text.append(weekdays[days % 7]).append(", ");
  append_two_digits(text, date.day);
  text.append(" ").append(months[date.month - 1]).append(" ");
  append_two_digits(text, date.year / 100);
  append_two_digits(text, date.year % 100);
  text.append(" ");
  append_two_digits(text, in_day / 3600);
  text.append(":");
  append_two_digits(text, in_day / 60 % 60);
  text.append(":");
  append_two_digits(text, in_day % 60);
  text.append(" GMT");
  return text;
}

std::string response_text(const Response& response, Content content, Persistence persistence,
                          std::chrono::system_clock::time_point now) {
  constexpr std::size_t usual_head_bytes = 640;
  const bool possible = response.status >= 200 && response.status <= 599;
  const int status = possible ? response.status : 500;
  const bool without_content = status == 204 || status == 304;  // RFC 9110, 8.6 and 15.4.5
  const std::string_view body =
      possible && !without_content ? std::string_view{response.body} : std::string_view{};
  std::string text;
  text.reserve(usual_head_bytes + (content == Content::sent ? body.size() : 0));
  text.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  text.append(reason_phrase(status)).append("\r\n");
  append_field(text, "Date", date_text(now));
  for (const auto& [name, value] : response.headers) {
    if (possible && is_token(name) && !is_servers_own(name)) append_field(text, name, value);
  }
  if (!without_content) append_field(text, "Content-Length", std::to_string(body.size()));
  append_connection(text, persistence);
  text.append("\r\n");
  if (content == Content::sent) text.append(body);
  return text;
}

}  // namespace console_policy::http
