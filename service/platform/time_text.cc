// SPDX-License-Identifier: Apache-2.0
#include "service/platform/time_text.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>

namespace console_policy::platform {
namespace {

constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
constexpr std::size_t max_fraction_digits = 6;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

int number(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool has_shape(std::string_view text) {
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == 'd' ? !is_digit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

// Takes ".123456" off the front of `rest` and gives its microseconds; -1 when it is malformed.
long take_fraction(std::string_view& rest) {
  if (rest.empty() || rest.front() != '.') return 0;
  rest.remove_prefix(1);
  long microseconds = 0;
  std::size_t digits = 0;
  while (!rest.empty() && is_digit(rest.front())) {
    if (++digits > max_fraction_digits) return -1;
    microseconds = microseconds * 10 + (rest.front() - '0');
    rest.remove_prefix(1);
  }
  if (digits == 0) return -1;
  for (; digits < max_fraction_digits; ++digits) microseconds *= 10;
  return microseconds;
}

}  // namespace

std::string format_time(Timestamp time) {
  using std::chrono::duration_cast;
  const auto since_epoch = time.time_since_epoch();
  auto seconds = duration_cast<std::chrono::seconds>(since_epoch);
  if (seconds > since_epoch) seconds -= std::chrono::seconds(1);
  const auto micros = static_cast<long>((since_epoch - seconds).count());
  const std::time_t calendar = seconds.count();
  std::tm utc{};
  gmtime_r(&calendar, &utc);
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ",
                                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                   utc.tm_min, utc.tm_sec, micros);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

Result<Timestamp> parse_time(std::string_view text) {
  const Error malformed = invalid_request(
      "not a time in UTC like 2026-12-01T00:00:00Z (up to six digits of fraction are taken)");
  if (!has_shape(text)) return malformed;
  std::string_view rest = text.substr(shape.size());
  const long micros = take_fraction(rest);
  if (micros < 0 || (rest != "Z" && rest != "+00:00")) return malformed;

  std::tm utc{};
  utc.tm_year = number(text.substr(0, 4)) - 1900;
  utc.tm_mon = number(text.substr(5, 2)) - 1;
  utc.tm_mday = number(text.substr(8, 2));
  utc.tm_hour = number(text.substr(11, 2));
  utc.tm_min = number(text.substr(14, 2));
  utc.tm_sec = number(text.substr(17, 2));
  const std::tm asked = utc;
  const std::time_t seconds = timegm(&utc);  // normalises: 31 June becomes 1 July
  if (utc.tm_mon != asked.tm_mon || utc.tm_mday != asked.tm_mday || utc.tm_hour != asked.tm_hour ||
      utc.tm_min != asked.tm_min || utc.tm_sec != asked.tm_sec) {
    return invalid_request("no such day or time of day");
  }
  if (asked.tm_year < 70) return invalid_request("before 1970");
  return Timestamp(std::chrono::seconds(seconds) + std::chrono::microseconds(micros));
}

}  // namespace console_policy::platform
