// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4), and its form as text.
//
// Contract: hex() gives 64 lower-case hexadecimal digits; parse_sha256() takes those and nothing
// else. Threads:  free functions on values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace console_policy::platform {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);
std::string hex(const Sha256& digest);
std::optional<Sha256> parse_sha256(std::string_view hex_text);

}  // namespace console_policy::platform
