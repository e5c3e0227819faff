// SPDX-License-Identifier: Apache-2.0
#include "service/platform/time_text.h"

#include <fmt/chrono.h>

#include <ctime>
#include <iterator>
#include <optional>

#include "policies/ascii.h"

namespace console_policy::platform {
namespace {

constexpr std::size_t seconds_length = std::string_view("2026-12-01T00:00:00").size();

// Removes ".123456" from the front of the text, if it is there. Returns nothing if it is malformed.
std::optional<std::chrono::microseconds> take_fraction(std::string_view& text) {
  if (text.empty() || text.front() != '.') return std::chrono::microseconds(0);
  text.remove_prefix(1);
  long micros = 0;
  long unit = 1'000'000;
  for (; !text.empty() && is_digit(text.front()) && unit > 1; text.remove_prefix(1)) {
    unit /= 10;
    micros += (text.front() - '0') * unit;
  }
  if (unit == 1'000'000) return std::nullopt;
  return std::chrono::microseconds(micros);
}

}  // namespace

Timestamp system_time() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

void append_time(std::string& text, Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  fmt::format_to(std::back_inserter(text), "{:%Y-%m-%dT%H:%M:%S}.{:06}Z",
                 fmt::gmtime(seconds.time_since_epoch().count()), (time - seconds).count());
}

std::string format_time(Timestamp time) {
  std::string text;
  append_time(text, time);
  return text;
}

Result<Timestamp> parse_time(std::string_view text) {
  const std::string seconds_text(text.substr(0, seconds_length));
  std::string_view rest = text.substr(seconds_text.size());
  const std::optional<std::chrono::microseconds> fraction = take_fraction(rest);
  std::tm utc{};
  const char* const end = strptime(seconds_text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
  if (end == nullptr || *end != '\0' || !fraction.has_value() ||
      (rest != "Z" && rest != "+00:00")) {
    return invalid_request("not a time in UTC like 2026-12-01T00:00:00Z (fraction: 1 to 6 digits)");
  }
  const Timestamp second{std::chrono::seconds(timegm(&utc))};
  // strptime() and timegm() accept more, such as 31 June, "2026-1-1" and 23:59:60.
  if (format_time(second).compare(0, seconds_length, seconds_text) != 0) {
    return invalid_request("no such day or time of day");
  }
  if (second < Timestamp{}) return invalid_request("before 1970");
  return second + *fraction;
}

}  // namespace console_policy::platform
