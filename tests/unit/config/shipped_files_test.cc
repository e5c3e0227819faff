// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <regex>

#include "service/config/load.h"
#include "tests/unit/config/config_file.h"

namespace console_policy::config {
namespace {

std::string text_of(const std::string& path) {
  Result<std::string> text = read_file(path);
  REQUIRE(text.ok());
  return std::move(text).value();
}

// The example with the keys that are commented out ("#data_dir:") put in force, but for those that
// `without` begins to name: Keystone is shown the service's user or its application credential.
std::string with_every_key(const std::string& example, const std::string& without) {
  const std::string all =
      std::regex_replace(example, std::regex("(^|\n)( *)#( *[a-z_]+:)"), "$1$2$3");
  return std::regex_replace(all, std::regex("\n *(" + without + ")[a-z_]*:[^\n]*"), "\n");
}

}  // namespace

TEST_CASE("the shipped example loads and has the defaults") {
  const Result<Config> example = load(std::string(EXAMPLE_CONFIG_YAML), quiet_environment());
  REQUIRE(example.ok());
  const Result<Config> defaults = load(std::nullopt, quiet_environment());
  REQUIRE(defaults.ok());
  const Config& a = example.value();
  const Config& b = defaults.value();
  CHECK(a.data_dir == b.data_dir);
  REQUIRE(a.http.listen.size() == b.http.listen.size());
  CHECK(a.http.listen[0].address == b.http.listen[0].address);
  CHECK(a.http.listen[0].port == b.http.listen[0].port);
  CHECK(a.http.listen[0].tls.has_value() == b.http.listen[0].tls.has_value());
  CHECK(a.http.limits.max_header_bytes == b.http.limits.max_header_bytes);
  CHECK(a.http.limits.max_body_bytes == b.http.limits.max_body_bytes);
  CHECK(a.max_batch_body_bytes == b.max_batch_body_bytes);
  CHECK(a.max_batch_bodies == b.max_batch_bodies);
  CHECK(a.proxy_headers == b.proxy_headers);
  CHECK(a.http.limits.header_timeout == b.http.limits.header_timeout);
  CHECK(a.http.limits.body_timeout == b.http.limits.body_timeout);
  CHECK(a.http.limits.idle_timeout == b.http.limits.idle_timeout);
  CHECK(a.http.limits.write_timeout == b.http.limits.write_timeout);
  CHECK(a.http.limits.max_connections == b.http.limits.max_connections);
  CHECK(a.http.limits.io_threads == b.http.limits.io_threads);
  CHECK(a.http.drain_time == b.http.drain_time);
  CHECK(a.store.url == b.store.url);
  CHECK(a.store.sessions == b.store.sessions);
  CHECK(a.store.wait_timeout == b.store.wait_timeout);
  CHECK(a.store.password_file == b.store.password_file);
  CHECK(a.store.poll_interval == b.store.poll_interval);
  CHECK(a.store.max_policies == b.store.max_policies);
  CHECK(a.store.max_policies_per_project == b.store.max_policies_per_project);
  CHECK(a.store.keep_changes == b.store.keep_changes);
  CHECK(a.fair_use.requests_at_once == b.fair_use.requests_at_once);
  CHECK(a.fair_use.writes_at_once == b.fair_use.writes_at_once);
  CHECK(a.fair_use.writes_per_minute == b.fair_use.writes_per_minute);
  CHECK(a.fair_use.exempt_addresses == b.fair_use.exempt_addresses);
  CHECK(a.static_identity.tokens_file == b.static_identity.tokens_file);
  CHECK(a.static_identity.enabled == b.static_identity.enabled);
  CHECK_FALSE(a.keystone.has_value());
  CHECK_FALSE(b.keystone.has_value());
  CHECK(a.access_file == b.access_file);
  CHECK(a.cloud_default_file == b.cloud_default_file);
  CHECK(a.healthcheck_disable_file == b.healthcheck_disable_file);
  CHECK(a.availability.max_age == b.availability.max_age);
  CHECK(a.availability.reports_per_minute == b.availability.reports_per_minute);
  CHECK(a.store.availability.keep == b.store.availability.keep);
  CHECK(a.store.availability.max_rows == b.store.availability.max_rows);
  CHECK(a.store.availability.max_rows_per_project == b.store.availability.max_rows_per_project);
  CHECK(a.metrics.enabled == b.metrics.enabled);
  CHECK(a.metrics.listen.address == b.metrics.listen.address);
  CHECK(a.metrics.listen.port == b.metrics.listen.port);
  CHECK(a.metrics.listen_given == b.metrics.listen_given);
  CHECK(a.log.level == b.log.level);
  CHECK(a.log.file == b.log.file);
}

TEST_CASE("the shipped example loads with every key that is commented out put in force") {
  const Loaded loaded =
      load_text(with_every_key(text_of(EXAMPLE_CONFIG_YAML), "application_credential"));
  REQUIRE(loaded.message() == "");
  const Config& config = loaded.result.value();
  CHECK(config.data_dir == "/var/lib/console-policy");
  REQUIRE(config.http.listen[0].tls.has_value());
  CHECK(config.http.listen[0].tls->certificate == loaded.folder + "/tls/certificate.pem");
  CHECK(config.store.url == "sqlite:////var/lib/console-policy/policy.db");
  CHECK(config.store.password_file == loaded.folder + "/database.password");
  CHECK(config.static_identity.tokens_file == "/var/lib/console-policy/tokens.yaml");
  CHECK(config.static_identity.enabled);
  REQUIRE(config.keystone.has_value());
  const identity::KeystoneOptions defaults;
  CHECK(config.keystone->auth_url == "https://keystone.example.org:5000/v3");
  CHECK(config.keystone->password_file == loaded.folder + "/keystone.password");
  CHECK(config.keystone->cafile == loaded.folder + "/tls/keystone-ca.pem");
  CHECK(config.keystone->user_domain_name == defaults.user_domain_name);
  CHECK(config.keystone->project_domain_name == defaults.project_domain_name);
  CHECK(config.keystone->timeout == defaults.timeout);
  CHECK(config.keystone->token_cache == defaults.token_cache);
  CHECK(config.keystone->max_cached_tokens == defaults.max_cached_tokens);
  CHECK(config.keystone->max_validations == defaults.max_validations);
  CHECK(config.access_file == loaded.folder + "/access.yaml");
  CHECK(config.cloud_default_file == loaded.folder + "/cloud-default.yaml");
  CHECK(config.healthcheck_disable_file == "/etc/console-policy/disabled");
  CHECK(config.log.file == "/var/log/console-policy/console-policyd.log");
}

TEST_CASE("the shipped example loads with the application credential that is commented out") {
  const Loaded loaded = load_text(
      with_every_key(text_of(EXAMPLE_CONFIG_YAML), "username|password_file|user_domain|project_"));
  REQUIRE(loaded.message() == "");
  const Config& config = loaded.result.value();
  REQUIRE(config.keystone.has_value());
  CHECK(config.keystone->application_credential_id == "0123456789abcdef0123456789abcdef");
  CHECK(config.keystone->application_credential_secret_file == loaded.folder + "/keystone.secret");
}

TEST_CASE("the shipped access rules load") {
  const Result<AccessRules> rules = parse_access("access.yaml", text_of(ACCESS_YAML));
  INFO((rules.ok() ? "" : rules.error().message));
  REQUIRE(rules.ok());
  Credentials admin;
  admin.roles = {"admin"};
  for (const char* rule : {"cloud_policy:write", "policies:list", "changes:list"}) {
    INFO(rule);
    CHECK(rules.value().allows(rule, admin, {}));
    CHECK(!rules.value().allows(rule, Credentials{}, {}));
  }
}

TEST_CASE("the shipped cloud default loads and prefers SPICE, then VNC, SERIAL, MKS") {
  const Result<Policy> policy =
      parse_cloud_default("cloud-default.yaml", text_of(CLOUD_DEFAULT_YAML));
  INFO((policy.ok() ? "" : policy.error().message));
  REQUIRE(policy.ok());
  Policy expected;
  expected.prefer = {ConsoleType::spice, ConsoleType::vnc, ConsoleType::serial, ConsoleType::mks};
  CHECK(policy.value() == expected);
}

}  // namespace console_policy::config
