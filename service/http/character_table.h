// SPDX-License-Identifier: Apache-2.0
// CharacterTable: which bytes belong to a set of characters, made when it is compiled.
#pragma once

#include <array>
#include <string_view>

namespace console_policy::http {

using CharacterTable = std::array<bool, 256>;  // by unsigned char

constexpr CharacterTable table_of(std::string_view characters) {
  CharacterTable table{};
  for (const char c : characters) table[static_cast<unsigned char>(c)] = true;
  return table;
}

}  // namespace console_policy::http
