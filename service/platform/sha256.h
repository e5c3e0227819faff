// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4).
//
// Contract: 64 lower-case hexadecimal digits; equal bytes give equal digits.
// Threads:  a free function on values.
#pragma once

#include <string>
#include <string_view>

namespace console_policy::platform {

std::string sha256_hex(std::string_view bytes);

}  // namespace console_policy::platform
