// SPDX-License-Identifier: Apache-2.0
#include "service/platform/time_text.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>

#include "policies/ascii.h"

namespace console_policy::platform {
namespace {

constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";
constexpr std::size_t max_fraction_digits = 6;

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

constexpr long seconds_a_day = 86400;

struct Date {
  long year;
  long month;  // 1..12
  long day;    // 1..31
};

// The proleptic Gregorian date, counted in years that begin in March, so that the leap day is the
// last of its year. gmtime_r would take glibc's time zone lock each time.
Date date_of(long days_since_1970) {
  constexpr long days_to_march_0000 = 719468;
  constexpr long days_of_400_years = 146097;
  const long days = days_since_1970 + days_to_march_0000;
  const long era = (days >= 0 ? days : days - days_of_400_years + 1) / days_of_400_years;
  const long in_era = days - era * days_of_400_years;
  const long year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  const long in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const long month_from_march = (5 * in_year + 2) / 153;
  const long day = in_year - (153 * month_from_march + 2) / 5 + 1;
  const long month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

template <class Text>
void put_digits(Text& text, std::size_t at, std::size_t digits, long number) {
  for (std::size_t i = at + digits; i-- > at; number /= 10) {
    text[i] = static_cast<char>('0' + number % 10);
  }
}

constexpr std::string_view whole_shape = "0000-00-00T00:00:00.000000Z";
using TimeText = std::array<char, whole_shape.size()>;

// Of whole seconds since 1970; nothing for a year that has not four digits.
std::optional<TimeText> text_of_second(long seconds) {
  long days = seconds / seconds_a_day;
  if (days * seconds_a_day > seconds) --days;
  const long in_day = seconds - days * seconds_a_day;
  const Date date = date_of(days);
  if (date.year < 0 || date.year > 9999) return std::nullopt;
  TimeText text{};
  whole_shape.copy(text.data(), text.size());
  put_digits(text, 0, 4, date.year);
  put_digits(text, 5, 2, date.month);
  put_digits(text, 8, 2, date.day);
  put_digits(text, 11, 2, in_day / 3600);
  put_digits(text, 14, 2, in_day / 60 % 60);
  put_digits(text, 17, 2, in_day % 60);
  return text;
}

// No time of ours; so that whatever is asked for has a text.
std::string odd_year_text(long seconds, long micros) {
  const std::time_t calendar = seconds;
  std::tm utc{};
  gmtime_r(&calendar, &utc);
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ",
                                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour,
                                   utc.tm_min, utc.tm_sec, micros);
  return std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace

void append_time(std::string& text, Timestamp time) {
  using std::chrono::duration_cast;
  const auto since_epoch = time.time_since_epoch();
  auto seconds = duration_cast<std::chrono::seconds>(since_epoch);
  if (seconds > since_epoch) seconds -= std::chrono::seconds(1);
  const long micros = static_cast<long>((since_epoch - seconds).count());
  // Most times are of now: each thread keeps the text of the last second that it wrote.
  thread_local long kept_second = 0;
  thread_local std::optional<TimeText> kept = text_of_second(0);
  if (seconds.count() != kept_second) {
    kept_second = seconds.count();
    kept = text_of_second(kept_second);
  }
  if (!kept) {
    text += odd_year_text(kept_second, micros);
    return;
  }
  TimeText whole = *kept;
  constexpr std::size_t micros_at = 20;
  put_digits(whole, micros_at, max_fraction_digits, micros);
  text.append(whole.data(), whole.size());
}

std::string format_time(Timestamp time) {
  std::string text;
  text.reserve(whole_shape.size());
  append_time(text, time);
  return text;
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
