// SPDX-License-Identifier: Apache-2.0
#include "service/metrics_listener.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "service/api/problem.h"
#include "service/api/routes.h"
#include "service/version.h"

namespace console_policy {
namespace {

constexpr std::size_t max_scrapers = 16;

// The state at one scrape.
struct State {
  store::Figures store;
  std::size_t connections{0};
};

// A metric without labels: its type, help and value.
struct Row {
  std::string_view name;
  std::string_view type;
  std::string_view help;
  std::string (*value)(const State& now);
};

std::string seconds(std::chrono::microseconds time) {
  return metrics::seconds_text(static_cast<std::uint64_t>(time.count()));
}

constexpr Row rows[] = {
    {"console_policy_store_up", "gauge", "1 if the last poll of the database succeeded, else 0.",
     [](const State& now) { return std::string(now.store.up ? "1" : "0"); }},
    {"console_policy_store_loaded", "gauge", "1 if the policies are in memory, else 0.",
     [](const State& now) { return std::string(now.store.loaded ? "1" : "0"); }},
    {"console_policy_store_revision", "gauge", "Revision of the policies in memory.",
     [](const State& now) { return std::to_string(now.store.revision); }},
    {"console_policy_store_age_seconds", "gauge",
     "Time since the policies in memory were known to match the database.",
     [](const State& now) { return seconds(now.store.age); }},
    {"console_policy_policies", "gauge", "Policies in memory.",
     [](const State& now) { return std::to_string(now.store.policies); }},
    {"console_policy_observations_in_memory", "gauge", "Observations in memory.",
     [](const State& now) { return std::to_string(now.store.observations); }},
    {"console_policy_pending_observations", "gauge",
     "Observations that are not yet in the database.",
     [](const State& now) { return std::to_string(now.store.pending_observations); }},
    {"console_policy_dropped_observations_total", "counter",
     "Observations that were never written to the database: the queue was full.",
     [](const State& now) { return std::to_string(now.store.dropped_observations); }},
    {"console_policy_store_reloads_total", "counter",
     "Times that all policies were loaded again after the first load.",
     [](const State& now) { return std::to_string(now.store.reloads); }},
    {"console_policy_connections", "gauge", "Open connections to the API.",
     [](const State& now) { return std::to_string(now.connections); }},
};

std::string metrics_text(const Measured& measured) {
  const State now{measured.services.store.figures(), measured.server.connections()};
  std::vector<metrics::Reading> readings;
  for (const Row& row : rows) {
    readings.push_back({row.name, row.help, {{{}, row.value(now)}}, row.type});
  }
  readings.push_back({"console_policy_waiting_requests",
                      "Requests that wait for a thread.",
                      {{{{"queue", "workers"}}, std::to_string(measured.workers.waiting())}}});
  metrics::Reading retries{"console_policy_store_retries_total",
                           "Transactions that were retried, by the database's error.",
                           {},
                           "counter"};
  for (const auto& [error, count] : now.store.retries) {
    retries.samples.push_back({{{"error", error}}, std::to_string(count)});
  }
  readings.push_back(std::move(retries));
  metrics::Reading up{"console_policy_up", "1 if the dependency can be used, else 0.", {}};
  for (const api::HealthCheck& check : measured.services.health) {
    if (check.name.empty()) continue;  // the operator's disable file, which is no dependency
    up.samples.push_back({{{"check", check.name}}, check.check().ok() ? "1" : "0"});
  }
  readings.push_back(std::move(up));
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
