// SPDX-License-Identifier: Apache-2.0
// The listener for Prometheus, put together: what is counted, what is measured at a scrape, and
// where it is asked for.
#pragma once

#include <memory>
#include <vector>

#include "policies/result.h"
#include "service/api/route.h"
#include "service/config/config.h"
#include "service/http/server.h"
#include "service/metrics/scrape.h"
#include "service/platform/log.h"
#include "service/platform/worker_pool.h"

namespace console_policy {

// The table of routes, as it is counted.
std::vector<metrics::RouteLabels> route_labels();

// What outlives the listener.
struct Measured {
  const http::Server& server;
  const platform::WorkerPool& workers;
  const api::Services& services;  // metrics is not null
};

class MetricsListener final {
 public:
  // Null when metrics are off, and when no listener is configured and the default one cannot be
  // bound: this is logged, because a second daemon on a machine is no fault.
  // Errors: a listener that was named and cannot be had.
  static Result<std::unique_ptr<MetricsListener>> start(const config::Config& settings,
                                                        const Measured& measured,
                                                        platform::Log& log);
  ~MetricsListener();
  MetricsListener(const MetricsListener&) = delete;
  MetricsListener& operator=(const MetricsListener&) = delete;

  Status reload_certificates() { return server_->reload_certificates(); }  // as Server's

 private:
  MetricsListener(const Measured& measured, platform::Log& log);

  metrics::Scrape scrape_;
  std::unique_ptr<http::Server> server_;  // after scrape_, which it calls
};

}  // namespace console_policy
