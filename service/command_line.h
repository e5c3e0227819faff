// SPDX-License-Identifier: Apache-2.0
// What console-policyd can be asked on its command line.
#pragma once

#include <optional>
#include <string>

namespace console_policy {

enum class Command {
  serve,
  check_config,
  make_admin_token,
  db_check,
  db_backup,
  db_restore,
  db_copy,
  print_version,
  print_usage,
};

struct CommandLine {
  Command command{Command::serve};
  std::optional<std::string> config_file;
  std::string file;      // of db_backup and db_restore
  std::string from_url;  // of db_copy
  std::string to_url;    // of db_copy
};

// Nothing when the words are not understood; getopt may have printed which on standard error.
std::optional<CommandLine> parse_command_line(int argc, char** argv);

const char* usage();

}  // namespace console_policy
