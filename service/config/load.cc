// SPDX-License-Identifier: Apache-2.0
#include "service/config/load.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "service/config/environment.h"
#include "service/config/identity_section.h"
#include "service/config/setting_text.h"
#include "service/config/yaml_reader.h"

namespace console_policy::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_listeners = 16;
constexpr std::size_t kibibyte = 1024;

Status read_tls(const YamlValue& value, const std::string& folder, http::Listen& listen) {
  http::TlsFiles files;
  Status status =
      value.fields({{"certificate", path_into(files.certificate, folder), Presence::required},
                    {"key", path_into(files.key, folder), Presence::required},
                    {"client_ca", path_into(files.client_ca, folder)}});
  if (status.ok()) listen.tls = std::move(files);
  return status;
}

Status read_listener(const YamlValue& value, const std::string& folder, http::Listen& listen) {
  return value.fields(
      {{"address", parsed_into(listen.address, parse_address)},
       {"port", whole_number_into<std::uint16_t>(listen.port, 0, 65535)},
       {"tls", [&](const YamlValue& tls) { return read_tls(tls, folder, listen); }}});
}

bool same_place(const http::Listen& a, const http::Listen& b) {
  return a.port != 0 && a.port == b.port && a.address == b.address;
}

Status read_listen(const YamlValue& value, const std::string& folder,
                   std::vector<http::Listen>& listen) {
  Result<std::vector<YamlValue>> values = value.list();
  if (!values.ok()) return std::move(values).error();
  if (values.value().empty() || values.value().size() > max_listeners) {
    return value.error("expected 1 to " + std::to_string(max_listeners) + " listeners");
  }
  std::vector<http::Listen> listeners;
  for (const YamlValue& element : values.value()) {
    http::Listen listener;
    Status status = read_listener(element, folder, listener);
    if (!status.ok()) return status;
    for (const http::Listen& other : listeners) {
      if (same_place(listener, other)) return element.error("the same address and port as another");
    }
    listeners.push_back(std::move(listener));
  }
  listen = std::move(listeners);
  return Success{};
}

// The words are text; true and false were the values of an earlier version.
Status read_proxy_headers(const YamlValue& value, api::ProxyHeaders& headers) {
  const Result<std::string> name = value.text();
  const std::string word = name.ok() ? name.value() : std::string();
  if (word == "none") {
    headers = api::ProxyHeaders::none;
  } else if (word == "forwarded") {
    headers = api::ProxyHeaders::forwarded;
  } else if (word == "x-forwarded") {
    headers = api::ProxyHeaders::x_forwarded;
  } else {
    return value.error(
        "expected none, forwarded or x-forwarded: the headers that the proxy in front sets");
  }
  return Success{};
}

Status read_http(const YamlValue& value, Config& config) {
  http::Options& options = config.http;
  http::Limits& limits = options.limits;
  return value.fields({
      {"max_header_bytes",
       whole_number_into<std::size_t>(limits.max_header_bytes, kibibyte, 256 * kibibyte)},
      {"max_body_bytes",
       whole_number_into<std::size_t>(limits.max_body_bytes, kibibyte, 1024 * kibibyte)},
      {"max_batch_body_bytes",
       whole_number_into<std::size_t>(config.max_batch_body_bytes, kibibyte, 4096 * kibibyte)},
      {"max_batch_bodies", whole_number_into<std::size_t>(config.max_batch_bodies, 1, 1'024)},
      {"proxy_headers",
       [&](const YamlValue& name) { return read_proxy_headers(name, config.proxy_headers); }},
      {"header_timeout_seconds", seconds_into(limits.header_timeout, 100ms, 5min)},
      {"body_timeout_seconds", seconds_into(limits.body_timeout, 100ms, 5min)},
      {"idle_timeout_seconds", seconds_into(limits.idle_timeout, 100ms, 60min)},
      {"write_timeout_seconds", seconds_into(limits.write_timeout, 100ms, 10min)},
      {"max_connections", whole_number_into<std::size_t>(limits.max_connections, 1, 100'000)},
      {"io_threads", whole_number_into<std::size_t>(limits.io_threads, 1, 64)},
      {"drain_seconds", seconds_into(options.drain_time, 100ms, 5min)},
  });
}

ReadField days_into(std::chrono::hours& target, std::uint64_t minimum, std::uint64_t maximum) {
  return [&target, minimum, maximum](const YamlValue& value) -> Status {
    Result<std::uint64_t> days = value.whole_number(minimum, maximum);
    if (!days.ok()) return std::move(days).error();
    target = std::chrono::hours(24) * static_cast<int>(days.value());
    return Success{};
  };
}

Status read_store(const YamlValue& value, const std::string& folder, store::Options& options) {
  constexpr std::size_t most_policies = 10'000'000;
  return value.fields({
      {"url", parsed_into(options.url,
                          [folder](const std::string& url) -> Result<std::string> {
                            return absolute_store_url(folder, url);
                          })},
      {"password_file", path_into(options.password_file, folder)},
      {"sessions", whole_number_into<std::size_t>(options.sessions, 1, 64)},
      {"wait_timeout_seconds", seconds_into(options.wait_timeout, 100ms, 1min)},
      {"poll_interval_seconds", seconds_into(options.poll_interval, 50ms, 1min)},
      {"max_policies", whole_number_into<std::size_t>(options.max_policies, 1, most_policies)},
      {"max_policies_per_project",
       whole_number_into<std::size_t>(options.max_policies_per_project, 1, most_policies)},
      {"keep_changes_days", days_into(options.keep_changes, 1, 36'500)},
  });
}

Status read_exempt(const YamlValue& value, std::vector<std::string>& addresses) {
  constexpr std::size_t max_exempt = 64;
  Result<std::vector<YamlValue>> elements = value.list();
  if (!elements.ok()) return std::move(elements).error();
  if (elements.value().size() > max_exempt) {
    return value.error("more than " + std::to_string(max_exempt) + " addresses");
  }
  for (const YamlValue& element : elements.value()) {
    Status status = parsed_into(addresses.emplace_back(), parse_address)(element);
    if (!status.ok()) return status;
  }
  return Success{};
}

Status read_fair_use(const YamlValue& value, api::FairUseOptions& options) {
  return value.fields({
      {"requests_at_once", whole_number_into<std::size_t>(options.requests_at_once, 1, 100'000)},
      {"writes_at_once", whole_number_into<std::size_t>(options.writes_at_once, 1, 100'000)},
      {"writes_per_minute",
       whole_number_into<std::size_t>(options.writes_per_minute, 1, 1'000'000)},
      {"exempt_addresses",
       [&](const YamlValue& list) { return read_exempt(list, options.exempt_addresses); }},
  });
}

Status read_availability(const YamlValue& value, Config& config) {
  constexpr std::size_t most_rows = 5'000'000;
  store::AvailabilityBounds& bounds = config.store.availability;
  return value.fields({
      {"max_age_seconds", seconds_into(config.availability.max_age, 100ms, 720h)},
      {"reports_per_minute",
       whole_number_into<std::size_t>(config.availability.reports_per_minute, 1, 6000)},
      {"keep_days", days_into(bounds.keep, 1, 3650)},
      {"max_rows", whole_number_into<std::size_t>(bounds.max_rows, 10, most_rows)},
      {"max_rows_per_project",
       whole_number_into<std::size_t>(bounds.max_rows_per_project, 10, most_rows)},
  });
}

Status read_metrics(const YamlValue& value, const std::string& folder, Metrics& metrics) {
  return value.fields({{"enabled", truth_into(metrics.enabled)},
                       {"listen", [&](const YamlValue& listen) {
                          metrics.listen_given = true;
                          return read_listener(listen, folder, metrics.listen);
                        }}});
}

Status read_log(const YamlValue& value, const std::string& folder, platform::LogOptions& options) {
  return value.fields({
      {"level", parsed_into(options.level, parse_log_level)},
      {"file", path_into(options.file, folder)},
  });
}

// A section with one path in it.
template <class Text>
ReadField section_with_path(std::string_view key, Text& target, const std::string& folder) {
  return [key, &target, folder](const YamlValue& section) {
    return section.fields({{key, path_into(target, folder)}});
  };
}

Status read_config(const YamlValue& root, const std::string& folder, Config& config) {
  return root.fields({
      {"data_dir", path_into(config.data_dir, folder)},
      {"listen",
       [&](const YamlValue& value) { return read_listen(value, folder, config.http.listen); }},
      {"http", [&](const YamlValue& value) { return read_http(value, config); }},
      {"store", [&](const YamlValue& value) { return read_store(value, folder, config.store); }},
      {"identity", [&](const YamlValue& value) { return read_identity(value, folder, config); }},
      {"access", section_with_path("file", config.access_file, folder)},
      {"policy", section_with_path("cloud_default_file", config.cloud_default_file, folder)},
      {"healthcheck",
       section_with_path("disable_by_file", config.healthcheck_disable_file, folder)},
      {"fair_use", [&](const YamlValue& value) { return read_fair_use(value, config.fair_use); }},
      {"availability", [&](const YamlValue& value) { return read_availability(value, config); }},
      {"metrics",
       [&](const YamlValue& value) { return read_metrics(value, folder, config.metrics); }},
      {"log", [&](const YamlValue& value) { return read_log(value, folder, config.log); }},
  });
}

Status read_config_file(const std::string& path, const std::string& working_folder,
                        Config& config) {
  Result<std::string> text = read_file(path);
  if (!text.ok()) return std::move(text).error();
  Result<Document> document = parse_yaml(path, text.value());
  if (!document.ok()) return std::move(document).error();
  const YamlValue root = YamlValue::root(document.value());
  if (root.is_nothing()) return Success{};
  const std::string folder =
      std::filesystem::path(absolute_path(working_folder, path)).parent_path().string();
  return read_config(root, folder, config);
}

}  // namespace

Result<Config> load(const std::optional<std::string>& path, const Environment& environment) {
  std::error_code failure;
  const std::string working_folder = std::filesystem::current_path(failure).string();
  if (failure) return invalid_request("working directory: " + failure.message());

  Config config;
  if (path) {
    Status status = read_config_file(*path, working_folder, config);
    if (!status.ok()) return std::move(status).error();
  }
  Status status = apply_environment(environment, working_folder, config);
  if (!status.ok()) return std::move(status).error();
  if (config.data_dir.empty()) {
    Result<std::string> data_dir = default_data_dir(environment, ::geteuid());
    if (!data_dir.ok()) return std::move(data_dir).error();
    config.data_dir = std::move(data_dir).value();
  }
  // Its folders, and whether the tokens file is the default one, follow from the text.
  while (config.data_dir.size() > 1 && config.data_dir.back() == '/') config.data_dir.pop_back();
  if (config.store.url.empty()) {
    config.store.url = "sqlite:///" + absolute_path(config.data_dir, "policy.db");
  }
  config.store.snapshot_file = absolute_path(config.data_dir, "policies.snapshot");
  if (config.static_identity.tokens_file.empty()) {
    config.static_identity.tokens_file = absolute_path(config.data_dir, "tokens.yaml");
  }
  return config;
}

}  // namespace console_policy::config
