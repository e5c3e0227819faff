// SPDX-License-Identifier: Apache-2.0
// console-policyd: command line → configuration → serve (see daemon.cc).
#include <cstdio>
#include <cstdlib>

#include "service/command_line.h"
#include "service/config/load.h"
#include "service/daemon.h"
#include "service/database_command.h"
#include "service/version.h"

namespace {

using namespace console_policy;

constexpr int exit_usage = 2;

std::optional<std::string> environment(const std::string& name) {
  const char* const text = std::getenv(name.c_str());
  if (text == nullptr || *text == '\0') return std::nullopt;
  return std::string(text);
}

int fail(const Error& error) {
  std::fprintf(stderr, "console-policyd: %s\n", error.message.c_str());
  if (!error.internal.empty() && error.internal != error.message)
    std::fprintf(stderr, "  %s\n", error.internal.c_str());
  return EXIT_FAILURE;
}

int run(const CommandLine& line) {
  const auto file = line.config_file ? line.config_file : environment("CONSOLE_POLICY_CONFIG");
  const Result<config::Config> settings = config::load(file, environment);
  if (!settings.ok()) return fail(settings.error());
  if (line.command == Command::check_config) {
    const Status good = check(settings.value());
    if (!good.ok()) return fail(good.error());
    std::puts("The configuration is good.");
    return EXIT_SUCCESS;
  }
  if (line.command == Command::make_admin_token) {
    const Status made = make_first_admin(settings.value());
    return made.ok() ? EXIT_SUCCESS : fail(made.error());
  }
  if (line.command != Command::serve) {
    const Result<std::string> done = run_database_command(line, settings.value());
    if (!done.ok()) return fail(done.error());
    std::puts(done.value().c_str());
    return EXIT_SUCCESS;
  }
  const Status served = serve(settings.value());
  return served.ok() ? EXIT_SUCCESS : fail(served.error());
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<CommandLine> line = parse_command_line(argc, argv);
  if (!line.has_value()) {
    std::fputs(usage(), stderr);
    return exit_usage;
  }
  switch (line->command) {
    case Command::print_version:
      std::printf("console-policyd %s\n", version);
      return EXIT_SUCCESS;
    case Command::print_usage:
      std::fputs(usage(), stdout);
      return EXIT_SUCCESS;
    case Command::serve:
    case Command::check_config:
    case Command::make_admin_token:
    case Command::db_check:
    case Command::db_backup:
    case Command::db_restore:
    case Command::db_copy:
      break;
  }
  return run(*line);
}
