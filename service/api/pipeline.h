// SPDX-License-Identifier: Apache-2.0
// Pipeline: what every request goes through, in this order:
//   request id → route → authenticate → version → query → authorize → the project's domain, where
//   it counts → limits of use → handler (on the I/O thread or on a worker) → names, where they are
//   wanted → problem → log.
//
// Contract: every request is answered exactly once, with x-openstack-request-id and the version of
//           the API, and logged in one line that has no token, no query and no body; a write, also
//           one that is refused, in a second one as an audit event. Without a good
//           token nothing is said about what is there; without the right to a route the answer is
//           the same whether or not anything is there. Nothing that a handler throws goes further
//           than here.
// Threads:  handle() is called on the I/O threads.
// Lifetime: borrows all it is given. After the workers' finish() no request is under way on them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "service/api/route.h"
#include "service/http/message.h"
#include "service/identity/identity.h"
#include "service/platform/log.h"
#include "service/platform/worker_pool.h"

namespace console_policy::api {

class Pipeline final : public http::Handler {
 public:
  Pipeline(const Services& services, identity::Identity& identity, platform::WorkerPool& workers,
           platform::Log& log);

  void handle(http::Request request, http::Respond respond) noexcept override;
  http::Response refuse(const Error& error, std::string_view client_address) noexcept override;

 private:
  struct Exchange;  // one request under way
  using ExchangePtr = std::shared_ptr<Exchange>;

  void believe_proxy(Exchange& exchange) const;
  void route(const ExchangePtr& exchange);
  void authenticate(const ExchangePtr& exchange);
  bool read_query(const ExchangePtr& exchange);  // false: the exchange has been finished
  void authorize(const ExchangePtr& exchange);
  void find_domain(const ExchangePtr& exchange);
  void dispatch(const ExchangePtr& exchange);
  Status check_fair_use(Exchange& exchange);
  Status check_write_rate(const Exchange& exchange);
  void run(const ExchangePtr& exchange) noexcept;
  void find_names(const ExchangePtr& exchange, NamedAnswer named);
  void finish(const ExchangePtr& exchange, Result<http::Response> result) noexcept;
  void make_response(Exchange& exchange, Result<http::Response> result);
  void respond(Exchange& exchange) noexcept;
  void log(const Exchange& exchange, int status, std::size_t bytes, const std::string& internal);
  void count(const Exchange& exchange, int status) const noexcept;
  // Writes, accepted and refused: false when it is none. The line is with the system after the
  // log's flush().
  bool audit(const Exchange& exchange, int status);

  const Services& services_;
  identity::Identity& identity_;
  platform::WorkerPool& workers_;
  platform::Log& log_;
};

}  // namespace console_policy::api
