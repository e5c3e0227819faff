// SPDX-License-Identifier: Apache-2.0
// console-policyd db check|backup|restore|copy: the database, without a daemon or beside one.
#pragma once

#include <string>

#include "policies/result.h"
#include "service/command_line.h"
#include "service/config/config.h"

namespace console_policy {

// Runs the db command of `line` and returns the text to print. Errors: why it failed; for check
// also what is wrong with the database.
Result<std::string> run_database_command(const CommandLine& line, const config::Config& settings);

}  // namespace console_policy
