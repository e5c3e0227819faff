// SPDX-License-Identifier: Apache-2.0
#include "service/api/pipeline.h"

#include <exception>
#include <utility>

#include "service/api/answer.h"
#include "service/api/api_version.h"
#include "service/api/exchange.h"
#include "service/api/presented_tokens.h"
#include "service/api/problem.h"
#include "service/api/proxy_headers.h"
#include "service/api/router.h"
#include "service/api/routes.h"

namespace console_policy::api {
namespace {

Error internal_fault(std::string cause) {
  return Error{ErrorCode::internal, "The service failed to answer; the log has the reason.",
               std::move(cause)};
}

Error overloaded(std::string cause) {
  return Error{ErrorCode::unavailable, "Too many requests are waiting; try again.",
               std::move(cause)};
}

identity::CallerPtr with_client_name(identity::CallerPtr caller, const std::string& client_name) {
  if (client_name.empty()) return caller;
  identity::Caller named = *caller;
  named.client_name = client_name;
  return std::make_shared<const identity::Caller>(std::move(named));
}

// The project whose domain neither the token nor the request names, so that Keystone has to be
// asked.
std::optional<ProjectId> project_of_unknown_domain(const Route& route, const Parameters& path,
                                                   const Query& query,
                                                   const identity::Caller& caller) {
  const auto project = path.find("project_id");
  if (route.asks != Asks::project_domain || project == path.end()) return std::nullopt;
  const bool in_token =
      caller.project_id == project->second && caller.project_domain_id.has_value();
  const bool in_request = caller.may_state_domain && query.find("domain_id") != query.end();
  if (in_token || in_request) return std::nullopt;
  Result<ProjectId> id = ProjectId::parse(project->second);
  if (!id.ok()) return std::nullopt;  // the handler refuses it
  return std::move(id).value();
}

void believe_proxy(ProxyHeaders kind, Exchange& exchange) {
  Forwarded forwarded = forwarded_of(kind, exchange.request.headers);
  if (!forwarded.client_address.empty()) exchange.request.client_address = forwarded.client_address;
  exchange.prefix = std::move(forwarded.prefix);
}

// So that the log shows whether a token was cut short, or is no token at all.
Error with_length(Error error, const Exchange& exchange) {
  if (error.code == ErrorCode::unauthenticated) {
    error.internal += "; X-Auth-Token has " +
                      std::to_string(exchange.presented->token.secret().size()) + " bytes";
  }
  return error;
}

}  // namespace

Pipeline::Pipeline(const Services& services, identity::Identity& identity,
                   platform::WorkerPool& workers, platform::Log& log,
                   std::chrono::milliseconds max_queue_wait)
    : services_(services),
      identity_(identity),
      workers_(workers),
      log_(log),
      max_queue_wait_(max_queue_wait) {}

template <class Step>
void Pipeline::attempt(const ExchangePtr& exchange, Step step) noexcept {
  try {
    step();
  } catch (const std::exception& failure) {
    // Without an exchange (out of memory) the server answers when `respond` is destroyed.
    if (exchange != nullptr) finish(exchange, internal_fault(failure.what()));
  }
}

void Pipeline::handle(http::Request request, http::Respond respond) noexcept {
  ExchangePtr exchange;
  attempt(exchange, [&] {
    exchange = std::make_shared<Exchange>();
    exchange->request = std::move(request);
    exchange->respond = std::move(respond);
    exchange->global_request_id = global_request_id(exchange->request.headers);
    exchange->access = services_.access.now();
    if (services_.proxy_headers != ProxyHeaders::none) {
      believe_proxy(services_.proxy_headers, *exchange);
    }
    route(exchange);
  });
}

void Pipeline::route(const ExchangePtr& exchange) {
  const TargetParts target = split_target(exchange->request.target);
  Result<Match> match = find_route(exchange->request.method, target.path, exchange->allow);
  if (!match.ok()) return finish(exchange, std::move(match).error());
  exchange->route = match.value().route;
  exchange->path = std::move(match.value().path);
  if (!exchange->route->rule.empty()) return authenticate(exchange);
  Result<Query> query = parse_query(target.query, exchange->route->query);
  if (!query.ok()) return finish(exchange, std::move(query).error());
  exchange->query = std::move(query).value();
  dispatch(exchange);
}

void Pipeline::authenticate(const ExchangePtr& exchange) {
  Result<identity::Presented> presented = presented_in(exchange->request.headers);
  if (!presented.ok()) return finish(exchange, std::move(presented).error());
  exchange->presented = std::move(presented).value();
  exchange->presented->request_id = exchange->id_for_others();
  exchange->presented->client_address = exchange->request.client_address;
  identity_.authenticate(*exchange->presented, [this,
                                                exchange](Result<identity::CallerPtr> caller) {
    attempt(exchange, [&] {
      if (!caller.ok()) return finish(exchange, with_length(std::move(caller).error(), *exchange));
      exchange->caller = with_client_name(std::move(caller).value(), exchange->request.client_name);
      authorize(exchange);
    });
  });
}

void Pipeline::authorize(const ExchangePtr& exchange) {
  const TargetParts target = split_target(exchange->request.target);
  const auto& rules = exchange->caller->application_rules;
  if (rules != nullptr && !identity::rules_allow(*rules, exchange->request.method, target.path)) {
    return finish(exchange, Error{ErrorCode::unauthenticated,
                                  "The request you have made requires authentication.",
                                  "the application credential's access rules do not allow it"});
  }
  Status version = check_api_version(exchange->request.headers);
  if (!version.ok()) return finish(exchange, std::move(version).error());
  Result<Query> query = parse_query(target.query, exchange->route->query);
  if (!query.ok()) return finish(exchange, std::move(query).error());
  exchange->query = std::move(query).value();
  if (!exchange->access->allows(exchange->route->rule, exchange->caller->credentials(),
                                access_target(exchange->path, exchange->query))) {
    return finish(exchange, not_allowed(exchange->route->rule));
  }
  find_domain(exchange);
}

void Pipeline::find_domain(const ExchangePtr& exchange) {
  const std::optional<ProjectId> project = project_of_unknown_domain(
      *exchange->route, exchange->path, exchange->query, *exchange->caller);
  if (!project.has_value() || services_.project_domains == nullptr) return dispatch(exchange);
  services_.project_domains->domain_of(*project, exchange->id_for_others(),
                                       [this, exchange](Result<std::optional<std::string>> domain) {
                                         attempt(exchange, [&] {
                                           if (!domain.ok())
                                             return finish(exchange, std::move(domain).error());
                                           exchange->project_domain = std::move(domain).value();
                                           dispatch(exchange);
                                         });
                                       });
}

void Pipeline::dispatch(const ExchangePtr& exchange) {
  if (exchange->route->runs == Runs::on_io_thread) return run(exchange);
  Status within_limits = check_fair_use(*exchange);
  if (!within_limits.ok()) return finish(exchange, std::move(within_limits).error());
  exchange->queued = Exchange::Clock::now();
  if (workers_.post([this, exchange] { run_on_worker(exchange); })) return;
  finish(exchange, overloaded("the workers' queue is full"));
}

Status Pipeline::check_fair_use(Exchange& exchange) {
  if (services_.fair_use != nullptr) {
    Result<FairUse::Place> place = services_.fair_use->enter(
        exchange.request.client_address, http::header(exchange.request.headers, "X-Auth-Token"),
        exchange.route->method != "GET" ? FairUse::Kind::write : FairUse::Kind::read);
    if (!place.ok()) return std::move(place).error();
    exchange.place.emplace(std::move(place).value());
  }
  return check_write_rate(exchange);
}

Status Pipeline::check_write_rate(const Exchange& exchange) {
  if (services_.write_limit == nullptr || !writes_policies(*exchange.route)) return Success{};
  if (exchange.access->allows(exempt_rule, exchange.caller->credentials(),
                              access_target(exchange.path, exchange.query))) {
    return Success{};
  }
  const std::optional<std::chrono::seconds> wait =
      services_.write_limit->admit(exchange.caller->user_id, RateLimiter::Clock::now());
  if (!wait.has_value()) return Success{};
  return Error{ErrorCode::too_many_requests,
               "This user writes more policies than fair_use.writes_per_minute allows.",
               {},
               *wait};
}

void Pipeline::run_on_worker(const ExchangePtr& exchange) noexcept {
  if (exchange->client_gone()) {
    return finish(exchange,
                  overloaded("the client closed the connection before a worker was free"));
  }
  if (Exchange::Clock::now() - exchange->queued > max_queue_wait_) {
    return finish(exchange, overloaded("the request waited too long for a worker"));
  }
  run(exchange);
}

void Pipeline::run(const ExchangePtr& exchange) noexcept {
  attempt(exchange, [&] {
    const Call call{
        exchange->request,       exchange->request_id, exchange->prefix,  exchange->path,
        exchange->query,         *exchange->caller,    *exchange->access, services_,
        exchange->project_domain};
    finish(exchange, exchange->route->handle(call));
  });
}

http::Response Pipeline::response_of(const Exchange& exchange, Result<http::Response> result,
                                     std::string& cause) {
  http::Response response;
  if (result.ok()) {
    response = std::move(result).value();
  } else {
    const Error& error = result.error();
    cause = error.internal;
    response = problem(error, exchange.request_id);
    if (error.code == ErrorCode::unauthenticated) {
      response.headers.emplace_back("WWW-Authenticate", identity_.challenge());
    } else if (error.code == ErrorCode::method_not_allowed) {
      response.headers.emplace_back("Allow", exchange.allow);
    }
  }
  add_common_headers(response, exchange.request_id);
  return response;
}

void Pipeline::finish(const ExchangePtr& exchange, Result<http::Response> result) noexcept {
  try {
    std::string cause;
    http::Response response = response_of(*exchange, std::move(result), cause);
    const int status = response.status;
    const std::size_t bytes = response.body.size();
    if (is_audited(*exchange)) {
      write_audit_event(log_, *exchange, status, services_.clock());
      // A write is in the log before it is acknowledged. This is a worker: writes run on no other
      // thread. A refused request, which may end on an I/O thread, never waits for the log.
      if (status < 300) log_.flush();
    }
    exchange->place.reset();
    const http::Respond respond = std::exchange(exchange->respond, nullptr);
    if (respond) respond(std::move(response));
    count_request(services_.metrics, *exchange, status);
    write_access_log(log_, *exchange, status, bytes, cause);
  } catch (const std::exception&) {
    // Out of memory: the server answers when `respond` is destroyed with the exchange.
  }
}

http::Response Pipeline::refuse(const Error& error, std::string_view client_address) noexcept {
  if (services_.metrics != nullptr) services_.metrics->not_a_request(error.code);
  try {
    const std::string request_id = platform::random_request_id();
    http::Response response = problem(error, request_id);
    add_common_headers(response, request_id);
    const bool fault = error.code == ErrorCode::internal;
    log_.write(fault ? platform::LogLevel::error : platform::LogLevel::info, "refused",
               {{"request_id", std::string_view(request_id)},
                {"client", client_address},
                {"status", std::int64_t{response.status}},
                {"detail", std::string_view(error.message)},
                {"cause", std::string_view(error.internal)}});
    return response;
  } catch (const std::exception&) {
    return http::Response{};
  }
}

}  // namespace console_policy::api
