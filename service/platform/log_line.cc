// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "service/platform/log.h"
#include "service/platform/utf8.h"

namespace console_policy::platform {
namespace {

void append_escaped(std::string& line, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  line += "\\u00";
  line += digits[byte >> 4U];
  line += digits[byte & 0x0fU];
}

// Whether all of it is printable ASCII that stands for itself in JSON. Without an early end, so
// that the compiler looks at many characters at once.
bool is_plain(std::string_view text) {
  unsigned char odd = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    odd |= static_cast<unsigned char>(byte < 0x20) | static_cast<unsigned char>(byte > 0x7e) |
           static_cast<unsigned char>(byte == '"') | static_cast<unsigned char>(byte == '\\');
  }
  return odd == 0;
}

// Bytes that are not UTF-8 are shown as their numbers.
void append_odd(std::string& line, std::string_view text) {
  const bool utf8 = is_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      append_escaped(line, byte);
    } else {
      line += c;
    }
  }
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  if (is_plain(text)) {
    line += text;
  } else {
    append_odd(line, text);
  }
  line += '"';
}

void append_number(std::string& line, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  line.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// With three digits behind the point.
void append_real(std::string& line, double real) {
  constexpr double exactly_counted = 1e12;
  if (!(real >= 0 && real < exactly_counted)) {
    line += fmt::format("{:.3f}", real);
    return;
  }
  const auto thousandths = static_cast<std::int64_t>(std::llround(real * 1000));
  append_number(line, thousandths / 1000);
  line += '.';
  for (std::int64_t unit = 100; unit > 0; unit /= 10) {
    line += static_cast<char>('0' + thousandths / unit % 10);
  }
}

void append_value(std::string& line, const LogField& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    append_quoted(line, *text);
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    append_number(line, *number);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    append_real(line, *real);
  } else if (const auto* json = std::get_if<LogJson>(&field.value)) {
    line += json->text;
  }
}

}  // namespace

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

std::string log_line(std::string_view time, LogLevel level, std::string_view message,
                     const std::vector<LogField>& fields) {
  constexpr std::size_t usual_bytes = 640;
  std::string line;
  line.reserve(usual_bytes);
  line += "{\"time\":";
  append_quoted(line, time);
  line += ",\"level\":";
  append_quoted(line, name(level));
  line += ",\"message\":";
  append_quoted(line, message);
  for (const LogField& field : fields) {
    // Names are constants of ours.
    line += ',';
    line += '"';
    line += field.name;
    line += '"';
    line += ':';
    append_value(line, field);
  }
  line += '}';
  return line;
}

}  // namespace console_policy::platform
