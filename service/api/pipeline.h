// SPDX-License-Identifier: Apache-2.0
// Pipeline: the steps of every request, in this order:
//   request id → route → authenticate → API version → query → authorize → the project's domain, if
//   the route needs it → limits of use → handler (on the I/O thread or on a worker) → answer → log.
//
// Contract: every request is answered exactly once, with x-openstack-request-id and the version of
//           the API, and logged in one line; a write, accepted or refused, in a second one as an
//           audit event. Without a valid token, and without the right to a route, the answer is the
//           same whether or not anything is stored. An exception of a handler becomes a 500.
//           A request that waited longer than max_queue_wait for a worker is answered 503; one
//           whose client has closed the connection by then is dropped. Neither runs.
//           Only the worker that acknowledges an accepted write waits for the log.
// Threads:  handle() and refuse() are called on I/O threads.
// Lifetime: borrows its arguments. After the workers' finish() no request is in flight on them.
#pragma once

#include <chrono>
#include <memory>

#include "service/api/route.h"
#include "service/http/message.h"
#include "service/identity/identity.h"
#include "service/platform/log.h"
#include "service/platform/worker_pool.h"

namespace console_policy::api {

struct Exchange;

class Pipeline final : public http::Handler {
 public:
  static constexpr std::chrono::milliseconds default_queue_wait{10'000};

  Pipeline(const Services& services, identity::Identity& identity, platform::WorkerPool& workers,
           platform::Log& log, std::chrono::milliseconds max_queue_wait = default_queue_wait);

  void handle(http::Request request, http::Respond respond) noexcept override;
  http::Response refuse(const Error& error, std::string_view client_address) noexcept override;

 private:
  using ExchangePtr = std::shared_ptr<Exchange>;

  template <class Step>
  void attempt(const ExchangePtr& exchange, Step step) noexcept;
  void route(const ExchangePtr& exchange);
  void authenticate(const ExchangePtr& exchange);
  void authorize(const ExchangePtr& exchange);
  void find_domain(const ExchangePtr& exchange);
  void dispatch(const ExchangePtr& exchange);
  Status check_fair_use(Exchange& exchange);
  Status check_write_rate(const Exchange& exchange);
  void run_on_worker(const ExchangePtr& exchange) noexcept;
  void run(const ExchangePtr& exchange) noexcept;
  http::Response response_of(const Exchange& exchange, Result<http::Response> result,
                             std::string& cause);
  void finish(const ExchangePtr& exchange, Result<http::Response> result) noexcept;

  const Services& services_;
  identity::Identity& identity_;
  platform::WorkerPool& workers_;
  platform::Log& log_;
  const std::chrono::milliseconds max_queue_wait_;
};

}  // namespace console_policy::api
