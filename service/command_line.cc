// SPDX-License-Identifier: Apache-2.0
#include "service/command_line.h"

#include <getopt.h>

#include <array>

namespace console_policy {

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
  if (optind != argc) return std::nullopt;
  return line;
}

const char* usage() {
  return "usage: console-policyd [--config FILE] [--check-config] [--version]\n"
         "\n"
         "  --config FILE    YAML; also $CONSOLE_POLICY_CONFIG. Without one: 127.0.0.1:9797, "
         "SQLite\n"
         "                   and a static admin token in the data folder.\n"
         "  --check-config   read the configuration and all it names, say what is wrong, and end\n"
         "  --version        print the version and end\n"
         "\n"
         "Environment, over the file: CONSOLE_POLICY_DATA_DIR, CONSOLE_POLICY_LISTEN\n"
         "(ADDRESS:PORT), CONSOLE_POLICY_STORE_URL, CONSOLE_POLICY_LOG_LEVEL.\n";
}

}  // namespace console_policy
