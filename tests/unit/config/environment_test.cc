// SPDX-License-Identifier: Apache-2.0
#include "service/config/environment.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "service/config/setting_text.h"
#include "tests/unit/config/config_file.h"

namespace console_policy::config {
namespace {

constexpr uid_t root_user = 0;
constexpr uid_t some_user = 1000;

std::string data_dir_of(const Variables& variables, uid_t user) {
  const Result<std::string> data_dir = default_data_dir(environment_of(variables), user);
  return data_dir.ok() ? data_dir.value() : "refused: " + data_dir.error().message;
}

std::string refused(const Variables& variables) {
  const Result<Config> config = load(std::nullopt, environment_of(variables));
  return config.ok() ? "" : config.error().message;
}

}  // namespace

TEST_CASE("without a file and an environment the defaults are there") {
  const Result<Config> loaded =
      load(std::nullopt, environment_of({{"STATE_DIRECTORY", "/var/lib/console-policy"}}));
  REQUIRE(loaded.ok());
  const Config& config = loaded.value();
  CHECK(config.data_dir == "/var/lib/console-policy");
  CHECK(config.store.url == "sqlite:////var/lib/console-policy/policy.db");
  CHECK(config.store.snapshot_file == "/var/lib/console-policy/policies.snapshot");
  CHECK(config.store.password_file.empty());
  CHECK(config.static_identity.tokens_file == "/var/lib/console-policy/tokens.yaml");
  REQUIRE(config.http.listen.size() == 1);
  CHECK(config.http.listen[0].address == "127.0.0.1");
  CHECK(config.http.listen[0].port == 9797);
  CHECK(!config.http.listen[0].tls.has_value());
  CHECK(config.http.limits.max_header_bytes == 16384);
  CHECK(config.log.level == platform::LogLevel::info);
  CHECK(!config.log.file.has_value());
  CHECK(!config.access_file.has_value());
  CHECK(!config.cloud_default_file.has_value());
}

TEST_CASE("the default data folder follows the environment and the user") {
  CHECK(data_dir_of({{"STATE_DIRECTORY", "/run/s"}, {"HOME", "/home/u"}}, root_user) == "/run/s");
  CHECK(data_dir_of({{"STATE_DIRECTORY", "/run/s:/run/t"}}, some_user) == "/run/s");
  CHECK(data_dir_of({{"HOME", "/root"}, {"XDG_STATE_HOME", "/x"}}, root_user) ==
        "/var/lib/console-policy");
  CHECK(data_dir_of({}, root_user) == "/var/lib/console-policy");
  CHECK(data_dir_of({{"XDG_STATE_HOME", "/x"}, {"HOME", "/home/u"}}, some_user) ==
        "/x/console-policy");
  CHECK(data_dir_of({{"HOME", "/home/u"}}, some_user) == "/home/u/.local/state/console-policy");
}

TEST_CASE("empty variables count as not set and a relative XDG_STATE_HOME is ignored") {
  CHECK(data_dir_of({{"STATE_DIRECTORY", ""}, {"XDG_STATE_HOME", ""}, {"HOME", "/home/u"}},
                    some_user) == "/home/u/.local/state/console-policy");
  CHECK(data_dir_of({{"XDG_STATE_HOME", "x"}, {"HOME", "/home/u"}}, some_user) ==
        "/home/u/.local/state/console-policy");
}

TEST_CASE("no place for data is refused") {
  const std::string why =
      "refused: HOME: not set to an absolute path, so there is no place for data; set data_dir or "
      "CONSOLE_POLICY_DATA_DIR";
  CHECK(data_dir_of({}, some_user) == why);
  CHECK(data_dir_of({{"HOME", "u"}}, some_user) == why);
  CHECK(data_dir_of({{"STATE_DIRECTORY", "s"}}, some_user) ==
        "refused: STATE_DIRECTORY: not an absolute path");
  CHECK(data_dir_of({{"STATE_DIRECTORY", ":/s"}}, some_user) ==
        "refused: STATE_DIRECTORY: not an absolute path");
}

TEST_CASE("the environment goes over the file") {
  const Loaded loaded = load_text(
      "data_dir: /f\nlisten: [{address: 10.0.0.1, port: 1, tls: {certificate: /c, key: /k}}]\n"
      "store: {url: 'sqlite:////f/x.db', password_file: /f/p}\nlog: {level: error}\n",
      environment_of({{"CONSOLE_POLICY_DATA_DIR", "/e"},
                      {"CONSOLE_POLICY_LISTEN", "[::1]:9798"},
                      {"CONSOLE_POLICY_STORE_URL", "mysql://u@h/d"},
                      {"CONSOLE_POLICY_STORE_PASSWORD_FILE", "/e/p"},
                      {"CONSOLE_POLICY_LOG_LEVEL", "debug"}}));
  REQUIRE(loaded.message() == "");
  const Config& config = loaded.result.value();
  CHECK(config.data_dir == "/e");
  CHECK(config.static_identity.tokens_file == "/e/tokens.yaml");
  CHECK(config.store.url == "mysql://u@h/d");
  CHECK(config.store.password_file == "/e/p");
  CHECK(config.log.level == platform::LogLevel::debug);
  REQUIRE(config.http.listen.size() == 1);
  CHECK(config.http.listen[0].address == "::1");
  CHECK(config.http.listen[0].port == 9798);
  REQUIRE(config.http.listen[0].tls.has_value());
  CHECK(config.http.listen[0].tls->key == "/k");
}

TEST_CASE("the data folder of the environment moves the database and the tokens file") {
  const Result<Config> config =
      load(std::nullopt, environment_of({{"CONSOLE_POLICY_DATA_DIR", "/e/"}}));
  REQUIRE(config.ok());
  CHECK(config.value().store.url == "sqlite:////e/policy.db");
  CHECK(config.value().static_identity.tokens_file == "/e/tokens.yaml");
}

TEST_CASE("relative paths in the environment are taken from the working directory") {
  const std::string here = std::filesystem::current_path().string();
  const Result<Config> config =
      load(std::nullopt, environment_of({{"CONSOLE_POLICY_DATA_DIR", "d"},
                                         {"CONSOLE_POLICY_STORE_URL", "sqlite:///p.db"},
                                         {"CONSOLE_POLICY_STORE_PASSWORD_FILE", "p"}}));
  REQUIRE(config.ok());
  CHECK(config.value().data_dir == absolute_path(here, "d"));
  CHECK(config.value().store.url == "sqlite:///" + absolute_path(here, "p.db"));
  CHECK(config.value().store.password_file == absolute_path(here, "p"));
}

TEST_CASE("bad values in the environment are refused by name and never shown") {
  const std::string listen =
      "CONSOLE_POLICY_LISTEN: expected ADDRESS:PORT, as in 127.0.0.1:9797 or [::1]:9797, port 0 to "
      "65535";
  for (const char* bad : {"9797", "localhost:9797", "::1:9797", "127.0.0.1:65536", "127.0.0.1:"}) {
    INFO(bad);
    CHECK(refused({{"CONSOLE_POLICY_LISTEN", bad}, {"HOME", "/h"}}) == listen);
  }
  CHECK(refused({{"CONSOLE_POLICY_LOG_LEVEL", "loud"}, {"HOME", "/h"}}) ==
        "CONSOLE_POLICY_LOG_LEVEL: expected debug, info, warning or error");
  CHECK(refused({{"CONSOLE_POLICY_STORE_URL", "mysql://u:pa\nss@h/d"}, {"HOME", "/h"}}) ==
        "CONSOLE_POLICY_STORE_URL: holds a control character");
  CHECK(refused({{"CONSOLE_POLICY_DATA_DIR", "/a\x7f"}, {"HOME", "/h"}}) ==
        "CONSOLE_POLICY_DATA_DIR: holds a control character");
  CHECK(refused({{"CONSOLE_POLICY_DATA_DIR", "/a\xFF"}, {"HOME", "/h"}}) ==
        "CONSOLE_POLICY_DATA_DIR: not UTF-8");
}

TEST_CASE("one address in the environment cannot replace several listeners") {
  const Loaded loaded = load_text("listen: [{port: 1}, {port: 2}]\n",
                                  environment_of({{"CONSOLE_POLICY_LISTEN", "127.0.0.1:3"}}));
  CHECK(loaded.message() ==
        "CONSOLE_POLICY_LISTEN: the configuration file has 2 listeners, and this can change only a "
        "single one");
}

}  // namespace console_policy::config
