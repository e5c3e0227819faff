// SPDX-License-Identifier: Apache-2.0
// Which of two media types a client prefers.
//
// Contract: true when the Accept header gives `wanted` a higher quality than `otherwise`; for each
//           the most specific range counts. A header that is not there, or that is not understood,
//           prefers nothing.
// Threads:  a free function on values.
// Source:   RFC 9110, 12.4.2 and 12.5.1.
#pragma once

#include <string_view>

namespace console_policy::api {

// Media types in lower case, without parameters: "application/json".
bool prefers(std::string_view accept, std::string_view wanted, std::string_view otherwise);

}  // namespace console_policy::api
