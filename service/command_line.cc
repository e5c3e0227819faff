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
  if (words[1] == "copy") {
    line.command = Command::db_copy;
    return words.size() == 2;
  }
  if (words.size() != 3 || words[2].empty()) return false;
  line.file = words[2];
  line.command = words[1] == "backup" ? Command::db_backup : Command::db_restore;
  return words[1] == "backup" || words[1] == "restore";
}

// --from and --to belong to db copy, which needs both.
bool has_its_urls(const CommandLine& line) {
  const bool needs_urls = line.command == Command::db_copy;
  return line.from_url.empty() != needs_urls && line.to_url.empty() != needs_urls;
}

}  // namespace

std::optional<CommandLine> parse_command_line(int argc, char** argv) {
  static constexpr std::array<option, 8> options{{{"config", required_argument, nullptr, 'c'},
                                                  {"from", required_argument, nullptr, 'f'},
                                                  {"to", required_argument, nullptr, 't'},
                                                  {"check-config", no_argument, nullptr, 'k'},
                                                  {"make-admin-token", no_argument, nullptr, 'm'},
                                                  {"version", no_argument, nullptr, 'v'},
                                                  {"help", no_argument, nullptr, 'h'},
                                                  {nullptr, 0, nullptr, 0}}};
  CommandLine line;
  for (int found = 0; (found = getopt_long(argc, argv, "", options.data(), nullptr)) != -1;) {
    switch (found) {
      case 'c':
        line.config_file = optarg;
        break;
      case 'f':
        line.from_url = optarg;
        break;
      case 't':
        line.to_url = optarg;
        break;
      case 'k':
        line.command = Command::check_config;
        break;
      case 'm':
        line.command = Command::make_admin_token;
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
  if (!read_words({argv + optind, argv + argc}, line) || !has_its_urls(line)) return std::nullopt;
  return line;
}

const char* usage() {
  return "usage: console-policyd [--config FILE] [--check-config] [--make-admin-token] "
         "[--version]\n"
         "       console-policyd [--config FILE] db check | db backup FILE | db restore FILE |\n"
         "                       db copy --from URL --to URL\n"
         "\n"
         "  --config FILE    YAML; also $CONSOLE_POLICY_CONFIG. Without one: 127.0.0.1:9797, "
         "SQLite\n"
         "                   and a static admin token in the data folder.\n"
         "  --check-config   read the configuration and all it names, say what is wrong, and end\n"
         "  --make-admin-token\n"
         "                   write a static admin token and the tokens file into the data folder,\n"
         "                   and end; with Keystone configured, a start makes none\n"
         "  --version        print the version and end\n"
         "  db check         report whether the database is intact\n"
         "  db backup FILE   write a consistent copy of an SQLite database into a new file\n"
         "  db restore FILE  replace the contents of an SQLite database by those of a backup\n"
         "                   (all three also while the service runs)\n"
         "  db copy          copy all policies, changes and observations from one database into\n"
         "                   another one, as from SQLite to MariaDB; stop the service first.\n"
         "                   store.password_file serves each URL that names a user\n"
         "\n"
         "Environment, over the file: CONSOLE_POLICY_DATA_DIR, CONSOLE_POLICY_LISTEN\n"
         "(ADDRESS:PORT), CONSOLE_POLICY_STORE_URL, CONSOLE_POLICY_STORE_PASSWORD_FILE,\n"
         "CONSOLE_POLICY_LOG_LEVEL.\n";
}

}  // namespace console_policy
