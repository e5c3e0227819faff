// SPDX-License-Identifier: Apache-2.0
#include "service/command_line.h"

#include <getopt.h>

#include <array>
#include <string_view>
#include <vector>

namespace console_policy {
namespace {

// `words`: what stands beside the options. False when they mean nothing.
bool read_words(const std::vector<std::string_view>& words, CommandLine& line) {
  if (words.empty()) return true;
  if (words[0] != "db" || words.size() < 2 || line.command != Command::serve) return false;
  if (words[1] == "check") {
    line.command = Command::db_check;
    return words.size() == 2;
  }
  if (words.size() != 3 || words[2].empty()) return false;
  line.file = words[2];
  line.command = words[1] == "backup" ? Command::db_backup : Command::db_restore;
  return words[1] == "backup" || words[1] == "restore";
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv) {
  static constexpr std::array<option, 5> options{{{"config", required_argument, nullptr, 'c'},
                                                  {"check-config", no_argument, nullptr, 'k'},
                                                  {"version", no_argument, nullptr, 'v'},
                                                  {"help", no_argument, nullptr, 'h'},
                                                  {nullptr, 0, nullptr, 0}}};
  CommandLine line;
  for (int found = 0; (found = getopt_long(argc, argv, "", options.data(), nullptr)) != -1;) {
    switch (found) {
      case 'c':
        line.config_file = optarg;
        break;
      case 'k':
        line.command = Command::check_config;
        break;
      case 'v':
        line.command = Command::print_version;
        break;
      case 'h':
        line.command = Command::print_usage;
        break;
      default:
        return std::nullopt;
    }
  }
  if (!read_words({argv + optind, argv + argc}, line)) return std::nullopt;
  return line;
}

const char* usage() {
  return "usage: console-policyd [--config FILE] [--check-config] [--version]\n"
         "       console-policyd [--config FILE] db check | db backup FILE | db restore FILE\n"
         "\n"
         "  --config FILE    YAML; also $CONSOLE_POLICY_CONFIG. Without one: 127.0.0.1:9797, "
         "SQLite\n"
         "                   and a static admin token in the data folder.\n"
         "  --check-config   read the configuration and all it names, say what is wrong, and end\n"
         "  --version        print the version and end\n"
         "  db check         say whether the database is whole\n"
         "  db backup FILE   write all of it into a new file, of one moment\n"
         "  db restore FILE  put a backup's contents in place of what is there\n"
         "                   (all three also while the service runs)\n"
         "\n"
         "Environment, over the file: CONSOLE_POLICY_DATA_DIR, CONSOLE_POLICY_LISTEN\n"
         "(ADDRESS:PORT), CONSOLE_POLICY_STORE_URL, CONSOLE_POLICY_LOG_LEVEL.\n";
}

}  // namespace console_policy
