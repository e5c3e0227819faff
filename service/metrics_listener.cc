// SPDX-License-Identifier: Apache-2.0
#include "service/metrics_listener.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "service/api/problem.h"
#include "service/api/routes.h"
#include "service/version.h"

namespace console_policy {
namespace {

// A scraper or two, and somebody who looks.
constexpr std::size_t max_scrapers = 16;

// A metric without labels.
metrics::Reading reading(std::string_view name, std::string_view help, std::uint64_t value,
                         std::string_view type = "gauge") {
  return {name, help, {{{}, std::to_string(value)}}, type};
}

metrics::Reading store_age(std::chrono::milliseconds age) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(age).count();
  return {"console_policy_store_age_seconds",
          "Time since the policies in memory were known to match the database.",
          {{{}, metrics::seconds_text(static_cast<std::uint64_t>(microseconds))}}};
}

metrics::Reading store_retries(const std::map<std::string, std::uint64_t>& retries) {
  metrics::Reading family{"console_policy_store_retries_total",
                          "Transactions that were retried, by the database's error.",
                          {},
                          "counter"};
  for (const auto& [error, count] : retries) {
    family.samples.push_back({{{"error", error}}, std::to_string(count)});
  }
  return family;
}

std::vector<metrics::Reading> store_readings(const store::Figures& figures) {
  return {reading("console_policy_store_up",
                  "1 if the last poll of the database succeeded, else 0.", figures.up ? 1 : 0),
          reading("console_policy_store_loaded", "1 if the policies are in memory, else 0.",
                  figures.loaded ? 1 : 0),
          reading("console_policy_store_revision", "Revision of the policies in memory.",
                  static_cast<std::uint64_t>(figures.revision)),
          store_age(figures.age),
          reading("console_policy_policies", "Policies in memory.", figures.policies),
          reading("console_policy_observations_in_memory", "Observations in memory.",
                  figures.observations),
          reading("console_policy_pending_observations",
                  "Observations that are not yet in the database.", figures.pending_observations),
          reading("console_policy_dropped_observations_total",
                  "Observations that were never written to the database: the queue was full.",
                  figures.dropped_observations, "counter"),
          reading("console_policy_store_reloads_total",
                  "Times that all policies were loaded again after the first load.",
                  figures.reloads, "counter"),
          store_retries(figures.retries)};
}

metrics::Reading health_readings(const std::vector<api::HealthCheck>& checks) {
  metrics::Reading up{"console_policy_up", "1 when what the service needs is there, else 0.", {}};
  for (const api::HealthCheck& check : checks) {
    if (check.name.empty()) continue;  // the operator's disable file, which is no dependency
    up.samples.push_back({{{"check", check.name}}, check.check().ok() ? "1" : "0"});
  }
  return up;
}

std::string metrics_text(const Measured& measured) {
  const store::Figures figures = measured.services.store.figures();
  std::vector<metrics::Reading> readings = store_readings(figures);
  readings.push_back(reading("console_policy_connections", "Connections to the API that are open.",
                             measured.server.connections()));
  readings.push_back({"console_policy_waiting_requests",
                      "Requests that wait for a thread.",
                      {{{{"queue", "workers"}}, std::to_string(measured.workers.waiting())}}});
  readings.push_back(health_readings(measured.services.health));
  return measured.services.metrics->text(version, readings, api::error_name);
}

void write_refused(platform::Log& log, const Error& error, std::string_view client) {
  const bool fault = error.code == ErrorCode::internal;
  log.write(fault ? platform::LogLevel::error : platform::LogLevel::info,
            "refused by the listener for metrics",
            {{"client", client},
             {"detail", std::string_view(error.message)},
             {"cause", std::string_view(error.internal)}});
}

http::Options options_of(const http::Listen& listen) {
  http::Options options;
  options.listen = {listen};
  options.limits.max_connections = max_scrapers;
  options.limits.io_threads = 1;
  return options;
}

}  // namespace

std::vector<metrics::RouteLabels> route_labels() {
  std::vector<metrics::RouteLabels> labels;
  for (const api::Route& route : api::routes()) {
    labels.push_back({route.method, route.path, api::class_of(route)});
  }
  return labels;
}

MetricsListener::MetricsListener(const Measured& measured, platform::Log& log)
    : scrape_([measured] { return metrics_text(measured); },
              [&log](const Error& error, std::string_view client) {
                write_refused(log, error, client);
              }) {}

MetricsListener::~MetricsListener() = default;

Result<std::unique_ptr<MetricsListener>> MetricsListener::start(const config::Config& settings,
                                                                const Measured& measured,
                                                                platform::Log& log) {
  const config::Metrics& wanted = settings.metrics;
  if (!wanted.enabled) return std::unique_ptr<MetricsListener>();
  std::unique_ptr<MetricsListener> listener(new MetricsListener(measured, log));
  Result<std::unique_ptr<http::Server>> server =
      http::Server::start(options_of(wanted.listen), listener->scrape_);
  if (!server.ok()) {
    Error error = std::move(server).error();
    error.message = "metrics.listen: " + error.message;
    if (wanted.listen_given) return error;
    log.write(
        platform::LogLevel::warning,
        "no metrics: the default listener is taken; metrics.listen names another",
        {{"detail", std::string_view(error.message)}, {"cause", std::string_view(error.internal)}});
    return std::unique_ptr<MetricsListener>();
  }
  listener->server_ = std::move(server).value();
  for (const std::string& url : listener->server_->urls()) {
    log.write(platform::LogLevel::info, "listening for metrics", {{"url", std::string_view(url)}});
  }
  return listener;
}

}  // namespace console_policy
