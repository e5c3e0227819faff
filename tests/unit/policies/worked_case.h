// SPDX-License-Identifier: Apache-2.0
// WorkedCase: one row of the table in policies/README.md, section "Worked cases", in the notation
// that is described there.
//
// Contract: worked_cases() reads every row of the table, or returns an error that names the line
//           and the fault. A table without rows is an error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policies/resolution.h"

namespace console_policy::test {

struct WorkedCase {
  std::string what;
  Facts facts;
  std::string consoles;  // the cell's text
  std::string denied;
};

Result<std::vector<WorkedCase>> worked_cases(std::string_view readme);

// The expected last two cells of a row for this resolution.
std::string consoles_cell(const Resolution& resolution);
std::string denied_cell(const Resolution& resolution);

}  // namespace console_policy::test
