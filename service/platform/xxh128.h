// SPDX-License-Identifier: Apache-2.0
// XXH128 (XXH3, 128 bits), as text: tells texts apart that nobody has made alike on purpose, at a
// small part of what a cryptographic hash costs.
//
// Contract: 32 lower-case hexadecimal digits, the same for the same bytes on every machine and in
//           every release. Never for secrets, nor where somebody gains by two texts with one hash.
// Threads:  a free function on values.
// Source:   xxhash.h (XXH128_canonicalFromHash).
#pragma once

#include <string>
#include <string_view>

namespace console_policy::platform {

std::string xxh128(std::string_view bytes);

}  // namespace console_policy::platform
