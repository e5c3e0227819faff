// SPDX-License-Identifier: Apache-2.0
// A file compiled into the program by service/cmake/embed.cmake, whose generated headers include
// this one.
#pragma once

#include <string_view>

namespace console_policy::embedded {

struct File {
  std::string_view name;  // without its folder
  std::string_view text;
};

}  // namespace console_policy::embedded
