// SPDX-License-Identifier: Apache-2.0
#include "service/platform/random.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>
#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "policies/ascii.h"

namespace console_policy::platform {
namespace {

// For identifiers, not for secrets: seeded by the system once per thread, then no system calls.
boost::uuids::uuid generate() {
  thread_local boost::uuids::random_generator_mt19937 generator;
  return generator();
}

}  // namespace

std::string random_uuid() {
  return to_string(generate());
}

std::string random_uuid(Timestamp time) {
  const auto count = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
  boost::uuids::uuid id = generate();
  boost::endian::store_big_u48(id.data, static_cast<std::uint64_t>(count));
  id.data[6] = static_cast<std::uint8_t>((id.data[6] & 0x0fU) | 0x70U);  // the version
  return to_string(id);
}

std::string random_request_id() {
  return "req-" + random_uuid();
}

bool is_request_id(std::string_view text) {
  constexpr std::string_view form = "req-xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(text.begin(), text.end(), form.begin(), form.end(), [](char c, char expected) {
    return expected == 'x' ? is_lower_hexadecimal(c) : c == expected;
  });
}

std::string random_token() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_priv_bytes(bytes.data(), bytes.size()) != 1) std::abort();  // never a guessable token
  std::array<unsigned char, 45> base64{};                              // 43, "=" and NUL
  EVP_EncodeBlock(base64.data(), bytes.data(), bytes.size());
  std::string text(base64.begin(), base64.begin() + 43);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

}  // namespace console_policy::platform
