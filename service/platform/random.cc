// SPDX-License-Identifier: Apache-2.0
#include "service/platform/random.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "policies/ascii.h"

namespace console_policy::platform {
namespace {

template <std::size_t size>
std::array<std::uint8_t, size> random_bytes() {
  static_assert(size <= 256, "getrandom() gives up to 256 bytes whole");
  std::array<std::uint8_t, size> bytes{};
  while (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    // Only a signal during early boot comes here; the call is then made again.
  }
  return bytes;
}

// Sixteen bytes out of a stock of the thread's own: one call to the system for sixteen of them.
std::array<std::uint8_t, 16> next_sixteen() {
  constexpr std::size_t stock_bytes = 256;
  thread_local std::array<std::uint8_t, stock_bytes> stock{};
  thread_local std::size_t used = stock_bytes;
  if (used == stock_bytes) {
    stock = random_bytes<stock_bytes>();
    used = 0;
  }
  std::array<std::uint8_t, 16> bytes{};
  for (std::uint8_t& byte : bytes) byte = stock[used++];
  return bytes;
}

std::string uuid_after(std::string_view prefix, std::array<std::uint8_t, 16> bytes,
                       unsigned version) {
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | (version << 4U));
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr std::size_t uuid_characters = 36;
  std::string text(prefix.size() + uuid_characters, '-');
  prefix.copy(text.data(), prefix.size());
  std::size_t at = prefix.size();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    text[at++] = digits[bytes[i] >> 4U];
    text[at++] = digits[bytes[i] & 0x0fU];
  }
  return text;
}

}  // namespace

std::string random_uuid() {
  return uuid_after({}, next_sixteen(), 4);  // RFC 9562, 5.4
}

std::string random_uuid(Timestamp time) {
  constexpr unsigned time_bytes = 6;
  const auto count = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  auto bytes = next_sixteen();
  auto left = static_cast<std::uint64_t>(count);
  for (unsigned i = time_bytes; i > 0; --i) {
    bytes[i - 1] = static_cast<std::uint8_t>(left & 0xffU);
    left >>= 8U;
  }
  return uuid_after({}, bytes, 7);
}

std::string random_request_id() {
  return uuid_after("req-", next_sixteen(), 4);
}

bool is_request_id(std::string_view text) {
  constexpr std::string_view form = "req-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() != form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == 'x' ? !is_lower_hexadecimal(text[i]) : text[i] != form[i]) return false;
  }
  return true;
}

std::string random_token() {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto bytes = random_bytes<32>();
  std::string text;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8U) | byte;
    for (count += 8; count >= 6; count -= 6) text += digits[(bits >> (count - 6)) & 0x3fU];
  }
  text += digits[(bits << (6 - count)) & 0x3fU];
  return text;
}

}  // namespace console_policy::platform
