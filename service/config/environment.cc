// SPDX-License-Identifier: Apache-2.0
#include "service/config/environment.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "service/config/setting_text.h"
#include "service/config/source_text.h"
#include "service/platform/utf8.h"

namespace console_policy::config {
namespace {

constexpr const char* data_dir_variable = "CONSOLE_POLICY_DATA_DIR";

Error about(const std::string& name, const std::string& what) {
  return invalid_request(name + ": " + what);
}

// Absent and empty are both "not set".
Result<std::optional<std::string>> value_of(const Environment& environment,
                                            const std::string& name) {
  std::optional<std::string> value = environment(name);
  if (!value || value->empty()) return std::optional<std::string>{};
  if (std::any_of(value->begin(), value->end(), is_control)) {
    return about(name, "holds a control character");
  }
  if (!platform::is_utf8(*value)) return about(name, "not UTF-8");
  return value;
}

Status set_listen(const std::string& text, Config& config) {
  if (config.http.listen.size() != 1) {
    return invalid_request("the configuration file has " +
                           std::to_string(config.http.listen.size()) +
                           " listeners, and this can change only a single one");
  }
  Result<http::Listen> listen = parse_listen(text);
  if (!listen.ok()) return std::move(listen).error();
  http::Listen& target = config.http.listen.front();
  target.address = listen.value().address;
  target.port = listen.value().port;
  return Success{};
}

Status set_log_level(const std::string& text, Config& config) {
  Result<platform::LogLevel> level = parse_log_level(text);
  if (!level.ok()) return std::move(level).error();
  config.log.level = level.value();
  return Success{};
}

// systemd writes several folders with colons between them; the first is the state's own.
Result<std::string> state_directory(const std::string& text) {
  std::string first = text.substr(0, text.find(':'));
  if (first.empty() || first.front() != '/') {
    return about("STATE_DIRECTORY", "not an absolute path");
  }
  return first;
}

}  // namespace

Status apply_environment(const Environment& environment, const std::string& working_folder,
                         Config& config) {
  const auto path_to = [&](std::string& target) {
    return [&](const std::string& text) -> Status {
      target = absolute_path(working_folder, text);
      return Success{};
    };
  };
  const auto set_store_url = [&](const std::string& text) -> Status {
    config.store.url = absolute_store_url(working_folder, text);
    return Success{};
  };
  const std::pair<const char*, std::function<Status(const std::string&)>> variables[] = {
      {data_dir_variable, path_to(config.data_dir)},
      {"CONSOLE_POLICY_LISTEN", [&](const std::string& text) { return set_listen(text, config); }},
      {"CONSOLE_POLICY_STORE_URL", set_store_url},
      {"CONSOLE_POLICY_STORE_PASSWORD_FILE", path_to(config.store.password_file)},
      {"CONSOLE_POLICY_LOG_LEVEL",
       [&](const std::string& text) { return set_log_level(text, config); }},
  };
  for (const auto& [name, set] : variables) {
    Result<std::optional<std::string>> value = value_of(environment, name);
    if (!value.ok()) return std::move(value).error();
    if (!value.value()) continue;
    Status status = set(*value.value());
    if (!status.ok()) return about(name, status.error().message);
  }
  return Success{};
}

Result<std::string> default_data_dir(const Environment& environment, uid_t user) {
  Result<std::optional<std::string>> state = value_of(environment, "STATE_DIRECTORY");
  if (!state.ok()) return std::move(state).error();
  if (state.value()) return state_directory(*state.value());
  if (user == 0) return std::string("/var/lib/console-policy");

  Result<std::optional<std::string>> xdg = value_of(environment, "XDG_STATE_HOME");
  if (!xdg.ok()) return std::move(xdg).error();
  // The XDG base directory specification: a relative path is invalid and is to be ignored.
  if (xdg.value() && xdg.value()->front() == '/') {
    return absolute_path(*xdg.value(), "console-policy");
  }
  Result<std::optional<std::string>> home = value_of(environment, "HOME");
  if (!home.ok()) return std::move(home).error();
  if (!home.value() || home.value()->front() != '/') {
    return about("HOME", std::string("not set to an absolute path, so there is no place for data; "
                                     "set data_dir or ") +
                             data_dir_variable);
  }
  return absolute_path(*home.value(), ".local/state/console-policy");
}

}  // namespace console_policy::config
