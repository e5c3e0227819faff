// SPDX-License-Identifier: Apache-2.0
// What cpprestsdk's JSON parser must not be handed: it ends the program over it.
//
// Contract: true when every \u escape of a JSON text that is half of a UTF-16 pair stands beside
//           its other half. cpprestsdk 2.10.18 throws on others out of a function that promises not
//           to throw, and std::terminate is what follows. Says nothing else of the text.
// Threads:  a pure function.
// Source:   RFC 8259, 7 and 8.2.
#pragma once

#include <string_view>

namespace console_policy::platform {

bool surrogates_are_paired(std::string_view json);

}  // namespace console_policy::platform
