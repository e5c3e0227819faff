// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace console_policy::platform {

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The beginning of well-formed UTF-8, at most so many bytes, that cuts no character in two.
std::string_view beginning(std::string_view text, std::size_t max_bytes);

}  // namespace console_policy::platform
