// SPDX-License-Identifier: Apache-2.0
#include "service/metrics_listener.h"

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

std::vector<metrics::Reading> readings_of_cache(const store::Store& store) {
  const auto reading = [&store](auto of) {
    return [&store, of]() -> std::uint64_t { return of(store.cache_figures()); };
  };
  using Figures = store::CacheFigures;
  return {
      {"console_policy_cache_entries",
       "Scopes in memory, with a policy or known to have none.",
       {{{}, reading([](const Figures& figures) { return figures.entries; })}}},
      {"console_policy_cache_bytes",
       "Memory that they take.",
       {{{}, reading([](const Figures& figures) { return figures.bytes; })}}},
      {"console_policy_cache_complete",
       "1 while all policies are in memory, else 0.",
       {{{}, reading([](const Figures& figures) {
           return static_cast<std::uint64_t>(figures.complete);
         })}}},
      {"console_policy_cache_answers_total",
       "Questions for what is in force, by where the answer came from.",
       {{{{"from", "memory"}}, reading([](const Figures& figures) { return figures.from_memory; })},
        {{{"from", "database"}},
         reading([](const Figures& figures) { return figures.from_database; })}},
       "counter"}};
}

std::vector<metrics::Reading> readings_of_wal(const store::Store& store) {
  return {{"console_policy_wal_pages",
           "Pages in the database's write-ahead log.",
           {{{}, [&store] { return store.wal_figures().pages; }}}},
          {"console_policy_failed_checkpoints_total",
           "Times that the write-ahead log could not be moved into the database.",
           {{{}, [&store] { return store.wal_figures().failed_checkpoints; }}},
           "counter"}};
}

std::vector<metrics::Reading> readings_of(const Measured& measured) {
  const platform::WorkerPool& reports = *measured.services.reports;
  std::vector<metrics::Reading> readings{
      {"console_policy_connections",
       "Connections to the API that are open.",
       {{{}, [&server = measured.server] { return server.connections(); }}}},
      {"console_policy_waiting_requests",
       "Requests that wait for a thread, by what for.",
       {{{{"queue", "workers"}}, [&workers = measured.workers] { return workers.waiting(); }},
        {{{"queue", "writes"}},
         [&store = measured.services.store] { return store.waiting_writes(); }},
        {{{"queue", "reports"}}, [&reports] { return reports.waiting(); }}}}};
  metrics::Reading up{"console_policy_up", "1 when what the service needs is there, else 0.", {}};
  for (const api::HealthCheck& check : measured.services.health) {
    if (check.name.empty()) continue;  // a file of the operator, nothing that is needed
    up.samples.push_back({{{"check", check.name}},
                          [&check]() -> std::uint64_t { return check.check().ok() ? 1 : 0; }});
  }
  readings.push_back(std::move(up));
  for (auto of : {readings_of_cache, readings_of_wal}) {
    for (metrics::Reading& reading : of(measured.services.store)) {
      readings.push_back(std::move(reading));
    }
  }
  return readings;
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
    : scrape_(
          [counted = measured.services.metrics, readings = readings_of(measured)] {
            return counted->text(version, readings, api::error_name);
          },
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
