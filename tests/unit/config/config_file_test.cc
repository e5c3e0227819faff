// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/config/config_file.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "service/config/load.h"
#include "tests/unit/temporary_folder.h"

namespace console_policy::config {
namespace {

using std::chrono_literals::operator""ms;

struct Refused {
  const char* text;
  const char* message;  // behind "DIR/c.yaml:"
};

void check_refused(const std::vector<Refused>& cases) {
  for (const Refused& one : cases) {
    INFO(one.text);
    CHECK(refusal(one.text) == std::string("DIR/c.yaml:") + one.message);
  }
}

}  // namespace

TEST_CASE("every key of the file is read") {
  const Loaded loaded = load_text(R"(
data_dir: data
listen:
  - address: 0.0.0.0
    port: 443
    tls:
      certificate: tls/cert.pem
      key: /etc/key.pem
  - address: ::1
    port: 0
http:
  max_header_bytes: 2048
  max_body_bytes: 4096
  max_batch_body_bytes: 5120
  max_batch_bodies: 3
  proxy_headers: x-forwarded
  header_timeout_seconds: 0.5
  body_timeout_seconds: 1.25
  idle_timeout_seconds: 7
  write_timeout_seconds: 8.125
  max_connections: 9
  io_threads: 10
  drain_seconds: 11.0
store:
  url: sqlite:///db/p.db
  sessions: 12
  wait_timeout_seconds: 13
  password_file: db-password
  poll_interval_seconds: 0.25
  max_policies: 24
  max_policies_per_project: 25
  keep_changes_days: 26
fair_use:
  requests_at_once: 27
  writes_at_once: 28
  writes_per_minute: 29
  exempt_addresses: ["192.0.2.1"]
identity:
  static:
    enabled: false
    tokens_file: t.yaml
  keystone:
    auth_url: https://k.example:5000/identity/
    www_authenticate_uri: https://public.example/v3
    username: svc
    password_file: pw
    user_domain_name: People
    project_name: service
    project_domain_name: Services
    cafile: ca.pem
    timeout_seconds: 14
    token_cache_seconds: 15.5
    max_cached_tokens: 16
    max_validations: 17
access:
  file: a.yaml
policy:
  cloud_default_file: d.yaml
healthcheck:
  disable_by_file: disabled
availability:
  max_age_seconds: 18.5
  reports_per_minute: 19
  keep_days: 20
  max_rows: 21
  max_rows_per_project: 22
metrics:
  enabled: false
  listen:
    address: ::1
    port: 23
log:
  level: warning
  file: log/l
)");
  REQUIRE(loaded.message() == "");
  const Config& config = loaded.result.value();
  const std::string& folder = loaded.folder;
  CHECK(config.data_dir == folder + "/data");
  REQUIRE(config.http.listen.size() == 2);
  CHECK(config.http.listen[0].address == "0.0.0.0");
  CHECK(config.http.listen[0].port == 443);
  REQUIRE(config.http.listen[0].tls.has_value());
  CHECK(config.http.listen[0].tls->certificate == folder + "/tls/cert.pem");
  CHECK(config.http.listen[0].tls->key == "/etc/key.pem");
  CHECK(config.http.listen[1].address == "::1");
  CHECK(config.http.listen[1].port == 0);
  CHECK(!config.http.listen[1].tls.has_value());
  CHECK(config.http.limits.max_header_bytes == 2048);
  CHECK(config.http.limits.max_body_bytes == 4096);
  CHECK(config.max_batch_body_bytes == 5120);
  CHECK(config.max_batch_bodies == 3);
  CHECK(config.proxy_headers == api::ProxyHeaders::x_forwarded);
  CHECK(config.http.limits.header_timeout == 500ms);
  CHECK(config.http.limits.body_timeout == 1250ms);
  CHECK(config.http.limits.idle_timeout == 7000ms);
  CHECK(config.http.limits.write_timeout == 8125ms);
  CHECK(config.http.limits.max_connections == 9);
  CHECK(config.http.limits.io_threads == 10);
  CHECK(config.http.drain_time == 11000ms);
  CHECK(config.store.url == "sqlite:///" + folder + "/db/p.db");
  CHECK(config.store.sessions == 12);
  CHECK(config.store.wait_timeout == 13000ms);
  CHECK(config.store.password_file == folder + "/db-password");
  CHECK(config.store.poll_interval == 250ms);
  CHECK(config.store.max_policies == 24);
  CHECK(config.store.max_policies_per_project == 25);
  CHECK(config.store.keep_changes == std::chrono::hours(26 * 24));
  CHECK(config.store.snapshot_file == folder + "/data/policies.snapshot");
  CHECK(config.fair_use.requests_at_once == 27);
  CHECK(config.fair_use.writes_at_once == 28);
  CHECK(config.fair_use.writes_per_minute == 29);
  CHECK(config.fair_use.exempt_addresses == std::vector<std::string>{"192.0.2.1"});
  CHECK(config.static_identity.tokens_file == folder + "/t.yaml");
  CHECK_FALSE(config.static_identity.enabled);
  CHECK(config.availability.max_age == 18500ms);
  CHECK(config.availability.reports_per_minute == 19);
  CHECK(config.store.availability.keep == std::chrono::hours(20 * 24));
  CHECK(config.store.availability.max_rows == 21);
  CHECK(config.store.availability.max_rows_per_project == 22);
  CHECK_FALSE(config.metrics.enabled);
  CHECK(config.metrics.listen_given);
  CHECK(config.metrics.listen.address == "::1");
  CHECK(config.metrics.listen.port == 23);
  REQUIRE(config.keystone.has_value());
  const identity::KeystoneOptions& keystone = *config.keystone;
  CHECK(keystone.auth_url == "https://k.example:5000/identity/v3");
  CHECK(keystone.www_authenticate_uri == "https://public.example/v3");
  CHECK(keystone.username == "svc");
  CHECK(keystone.password_file == folder + "/pw");
  CHECK(keystone.user_domain_name == "People");
  CHECK(keystone.project_name == "service");
  CHECK(keystone.project_domain_name == "Services");
  CHECK(keystone.application_credential_id.empty());
  CHECK(keystone.cafile == folder + "/ca.pem");
  CHECK(keystone.timeout == 14000ms);
  CHECK(keystone.token_cache == 15500ms);
  CHECK(keystone.max_cached_tokens == 16);
  CHECK(keystone.max_validations == 17);
  CHECK(config.access_file == folder + "/a.yaml");
  CHECK(config.cloud_default_file == folder + "/d.yaml");
  CHECK(config.healthcheck_disable_file == folder + "/disabled");
  CHECK(config.log.level == platform::LogLevel::warning);
  CHECK(config.log.file == folder + "/log/l");
}

TEST_CASE("an empty file gives the defaults") {
  for (const char* text : {"", "\n", "# nothing\n", "---\n", "{}\n"}) {
    INFO(text);
    const Loaded loaded = load_text(text);
    REQUIRE(loaded.message() == "");
    const Config& config = loaded.result.value();
    CHECK(config.http.listen.size() == 1);
    CHECK(config.http.limits.max_connections == http::Limits{}.max_connections);
    CHECK(config.store.url == "sqlite:///" + config.data_dir + "/policy.db");
  }
}

TEST_CASE("a slash at the end of the data folder changes nothing") {
  const Loaded loaded = load_text("data_dir: /var/lib/console-policy//\n");
  REQUIRE(loaded.message() == "");
  CHECK(loaded.result.value().data_dir == "/var/lib/console-policy");
  CHECK(loaded.result.value().static_identity.tokens_file == "/var/lib/console-policy/tokens.yaml");
}

TEST_CASE("the path of the file may be relative to the working directory") {
  const TemporaryFolder folder;
  const std::string relative =
      std::filesystem::relative(folder.write("c.yaml", "data_dir: data\n")).string();
  const Result<Config> config = load(relative, quiet_environment());
  REQUIRE(config.ok());
  CHECK(config.value().data_dir.front() == '/');
  CHECK(std::filesystem::path(config.value().data_dir).lexically_normal() ==
        std::filesystem::path(folder.path()) / "data");
}

TEST_CASE("a key of the wrong type is refused at its value") {
  check_refused({
      {"data_dir: 7\n", "1:11: data_dir: expected text (put it in quotes), found a number"},
      {"data_dir: yes\n", "1:11: data_dir: expected text (put it in quotes), found a truth value"},
      {"data_dir: ''\n", "1:11: data_dir: is empty"},
      {"data_dir: \"a\\nb\"\n", "1:11: data_dir: holds a control character"},
      {"data_dir: [/x]\n", "1:11: data_dir: expected text, found a list"},
      {"data_dir:\nlog: {}\n", "1:1: data_dir: expected text, found nothing"},
      {"listen: 127.0.0.1\n", "1:9: listen: expected a list, found text"},
      {"listen: {port: 1}\n", "1:9: listen: expected a list, found a mapping"},
      {"listen:\n  - x\n", "2:5: listen[0]: expected a mapping, found text"},
      {"listen:\n  -\n  - port: 1\n", "2:3: listen[0]: expected a mapping, found nothing"},
      {"listen:\n  - address: 1\n",
       "2:14: listen[0].address: expected text (put it in quotes), found a number"},
      {"listen:\n  - address: localhost\n",
       "2:14: listen[0].address: expected an IPv4 or IPv6 address, as in 127.0.0.1 or ::1"},
      {"listen:\n  - port: '1'\n",
       "2:11: listen[0].port: expected a whole number, 0 to 65535, found text"},
      {"listen:\n  - tls: on\n", "2:10: listen[0].tls: expected a mapping, found a truth value"},
      {"listen:\n  - tls:\n      certificate: 1\n",
       "3:20: listen[0].tls.certificate: expected text (put it in quotes), found a number"},
      {"listen:\n  - tls:\n      key: {}\n",
       "3:12: listen[0].tls.key: expected text, found a mapping"},
      {"http: []\n", "1:7: http: expected a mapping, found a list"},
      {"http:\nlog: {}\n", "1:1: http: expected a mapping, found nothing"},
      {"store: sqlite:///x\n", "1:8: store: expected a mapping, found text"},
      {"store:\n  url: 5\n", "2:8: store.url: expected text (put it in quotes), found a number"},
      {"identity: none\n", "1:11: identity: expected a mapping, found text"},
      {"identity: {static: off}\n",
       "1:20: identity.static: expected a mapping, found a truth value"},
      {"identity:\n  static:\n    tokens_file: []\n",
       "3:18: identity.static.tokens_file: expected text, found a list"},
      {"access: a.yaml\n", "1:9: access: expected a mapping, found text"},
      {"access: {file: 1.5}\n",
       "1:16: access.file: expected text (put it in quotes), found a number"},
      {"policy: [VNC]\n", "1:9: policy: expected a mapping, found a list"},
      {"policy:\n  cloud_default_file: null\n",
       "2:3: policy.cloud_default_file: expected text, found nothing"},
      {"http: {proxy_headers: true}\n",
       "1:23: http.proxy_headers: expected none, forwarded or x-forwarded: the headers that the "
       "proxy in front sets"},
      {"http: {proxy_headers: X-Forwarded-For}\n",
       "1:23: http.proxy_headers: expected none, forwarded or x-forwarded: the headers that the "
       "proxy in front sets"},
      {"metrics: {enabled: yes}\n",
       "1:20: metrics.enabled: expected true or false, found a truth value"},
      {"metrics: {enabled: \"true\"}\n",
       "1:20: metrics.enabled: expected true or false, found text"},
      {"log: debug\n", "1:6: log: expected a mapping, found text"},
      {"log: {level: 1}\n", "1:14: log.level: expected text (put it in quotes), found a number"},
      {"log: {level: loud}\n", "1:14: log.level: expected debug, info, warning or error"},
      {"log:\n  file: {a: b}\n", "2:9: log.file: expected text, found a mapping"},
      {"- data_dir: /x\n", "1:1: expected a mapping, found a list"},
      {"just text\n", "1:1: expected a mapping, found text"},
  });
}

TEST_CASE("unknown keys are refused at the key with the known ones") {
  check_refused({
      {"\n\n\n\n\nhttp:\n  max_hedder_bytes: 1\n",
       "7:3: http.max_hedder_bytes: unknown key; known here: max_header_bytes, max_body_bytes, "
       "max_batch_body_bytes, max_batch_bodies, proxy_headers, "
       "header_timeout_seconds, body_timeout_seconds, idle_timeout_seconds, "
       "write_timeout_seconds, max_connections, io_threads, drain_seconds"},
      {"Log: {}\n",
       "1:1: Log: unknown key; known here: data_dir, listen, http, store, identity, access, "
       "policy, "
       "healthcheck, fair_use, availability, metrics, log"},
      {"listen: [{adress: ::1}]\n",
       "1:11: listen[0].adress: unknown key; known here: address, port, tls"},
      {"listen: [{tls: {cert: x}}]\n",
       "1:17: listen[0].tls.cert: unknown key; known here: certificate, key, client_ca"},
      {"store: {path: x}\n",
       "1:9: store.path: unknown key; known here: url, password_file, sessions, "
       "wait_timeout_seconds, poll_interval_seconds, max_policies, max_policies_per_project, "
       "keep_changes_days"},
      {"identity: {none: {}}\n", "1:12: identity.none: unknown key; known here: static, keystone"},
      {"identity: {static: {token: x}}\n",
       "1:21: identity.static.token: unknown key; known here: enabled, tokens_file"},
      {"access: {rules: x}\n", "1:10: access.rules: unknown key; known here: file"},
      {"policy: {file: x}\n", "1:10: policy.file: unknown key; known here: cloud_default_file"},
      {"log: {format: x}\n", "1:7: log.format: unknown key; known here: level, file"},
      {"<<: {log: {}}\n",
       "1:1: <<: unknown key; known here: data_dir, listen, http, store, identity, access, policy, "
       "healthcheck, fair_use, availability, metrics, log"},
      {"\"a\\eb\": 1\n",
       "1:1: a?b: unknown key; known here: data_dir, listen, http, store, identity, access, "
       "policy, "
       "healthcheck, fair_use, availability, metrics, log"},
  });
}

TEST_CASE("repeated keys are refused at the second one") {
  check_refused({
      {"log: {}\nhttp: {}\nlog: {}\n", "3:1: log: is given twice"},
      {"http:\n  io_threads: 1\n  \"io_threads\": 1\n", "3:3: http.io_threads: is given twice"},
      {"listen: [{port: 1, port: 1}]\n", "1:20: listen[0].port: is given twice"},
  });
}

TEST_CASE("listeners and their TLS have to be whole") {
  std::string many = "listen: [";
  for (int port = 1; port <= 17; ++port) many += "{port: " + std::to_string(port) + "},";
  many += "]\n";
  check_refused({
      {"listen: []\n", "1:9: listen: expected 1 to 16 listeners"},
      {many.c_str(), "1:9: listen: expected 1 to 16 listeners"},
      {"listen:\n  - tls: {key: k}\n", "2:10: listen[0].tls: certificate is missing"},
      {"listen:\n  - tls:\n      certificate: c\n", "3:7: listen[0].tls: key is missing"},
      {"listen:\n  - port: 5\n  - {port: 5, address: 127.0.0.1}\n",
       "3:5: listen[1]: the same address and port as another"},
  });
  CHECK(refusal("listen: [{port: 0}, {port: 0}, {}]\n") == "");
}

TEST_CASE("other than plain YAML is refused in the configuration file") {
  check_refused({
      {"log: &x {level: info}\n",
       "1:6: log: expected a mapping, found an anchor or alias (write the value out)"},
      {"log: {level: info}\n---\nlog: {level: info}\n",
       "3:1: a second document, or text after the end of the first; one is read"},
      {"log:\n\tlevel: info\n", "2:1: a tab in the indentation; indent with spaces"},
      {"log: {level: info\n", "2:1: not YAML: end of map flow not found"},
      {"log: !!map {}\n",
       "1:6: log: expected a mapping, found a tag (put text that begins with '!' in quotes)"},
  });
}

TEST_CASE("a file that is not there is refused") {
  const Result<Config> config = load(std::string("/nonexistent/c.yaml"), quiet_environment());
  REQUIRE(!config.ok());
  CHECK(config.error().message == "/nonexistent/c.yaml: No such file or directory");
}

TEST_CASE("a message never shows the URL of the store") {
  const std::string message = refusal("store: {url: ['mysql://u:secret@h/d']}\n");
  CHECK(message == "DIR/c.yaml:1:14: store.url: expected text, found a list");
}

}  // namespace console_policy::config
