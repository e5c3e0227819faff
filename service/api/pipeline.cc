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
#include "service/platform/random.h"

namespace console_policy::api {
namespace {

constexpr std::string_view request_id_header = "x-openstack-request-id";  // oslo.middleware's

Error internal_fault(std::string what) {
  return Error{ErrorCode::internal, "The service failed to answer; the log says why.",
               std::move(what)};
}

Error queue_full() {
  return Error{ErrorCode::unavailable, "Too many requests are waiting; try again.",
               "the workers' queue is full"};
}

identity::CallerPtr with_client_name(identity::CallerPtr caller, const std::string& client_name) {
  if (client_name.empty()) return caller;
  identity::Caller named = *caller;
  named.client_name = client_name;
  return std::make_shared<const identity::Caller>(std::move(named));
}

// The project whose domain has to be asked for, if there is one.
std::optional<ProjectId> foreign_project(const Route& route, const Parameters& path,
                                         const identity::Caller& caller) {
  const auto project = path.find("project_id");
  if (route.asks != Asks::project_domain || project == path.end() || caller.may_state_domain ||
      caller.project_id == project->second) {
    return std::nullopt;
  }
  Result<ProjectId> id = ProjectId::parse(project->second);
  if (!id.ok()) return std::nullopt;  // the handler says what is wrong with it
  return std::move(id).value();
}

// What every answer has.
void add_common_headers(http::Response& response, const std::string& request_id) {
  response.headers.emplace_back(request_id_header, request_id);
  response.headers.emplace_back(version_header, spoken_api_version());
  response.headers.emplace_back("Vary", version_header);
}

// What a caller says that its own caller's request was called. Empty when it says nothing, or
// something else than oslo.middleware takes.
std::string global_request_id(const http::Headers& headers) {
  if (http::header_count(headers, request_id_header) != 1) return {};
  const std::string_view given = http::header(headers, request_id_header);
  return platform::is_request_id(given) ? std::string(given) : std::string();
}

}  // namespace

Pipeline::Pipeline(const Services& services, identity::Identity& identity,
                   platform::WorkerPool& workers, platform::Log& log)
    : services_(services), identity_(identity), workers_(workers), log_(log) {}

void Pipeline::believe_proxy(Exchange& exchange) const {
  Forwarded said = forwarded_of(services_.proxy_headers, exchange.request.headers);
  if (!said.client_address.empty()) exchange.request.client_address = said.client_address;
  exchange.prefix = std::move(said.prefix);
}

void Pipeline::handle(http::Request request, http::Respond respond) noexcept {
  ExchangePtr exchange;
  try {
    exchange = std::make_shared<Exchange>();
    exchange->request = std::move(request);
    exchange->global_request_id = global_request_id(exchange->request.headers);
    exchange->respond = std::move(respond);
    exchange->access = services_.access.now();
    if (services_.proxy_headers != ProxyHeaders::none) believe_proxy(*exchange);
    route(exchange);
  } catch (const std::exception& failure) {
    // Without an exchange (out of memory) the server answers for us when `respond` is destroyed.
    if (exchange != nullptr) finish(exchange, internal_fault(failure.what()));
  }
}

void Pipeline::route(const ExchangePtr& exchange) {
  const TargetParts target = split_target(exchange->request.target);
  Result<Match> match = find_route(exchange->request.method, target.path, exchange->allow);
  if (!match.ok()) return finish(exchange, std::move(match).error());
  exchange->route = match.value().route;
  exchange->path = std::move(match.value().path);
  if (!exchange->route->rule.empty()) return authenticate(exchange);
  if (read_query(exchange)) dispatch(exchange);
}

void Pipeline::authenticate(const ExchangePtr& exchange) {
  Result<identity::Presented> presented = presented_in(exchange->request.headers);
  if (!presented.ok()) return finish(exchange, std::move(presented).error());
  exchange->presented = std::move(presented).value();
  exchange->presented->request_id = exchange->id_for_others();
  identity_.authenticate(*exchange->presented, [this,
                                                exchange](Result<identity::CallerPtr> caller) {
    if (!caller.ok()) return finish(exchange, std::move(caller).error());
    try {
      exchange->caller = with_client_name(std::move(caller).value(), exchange->request.client_name);
      authorize(exchange);
    } catch (const std::exception& failure) {
      finish(exchange, internal_fault(failure.what()));
    }
  });
}

bool Pipeline::read_query(const ExchangePtr& exchange) {
  const std::string_view raw_query = split_target(exchange->request.target).query;
  Result<Query> query = parse_query(raw_query, exchange->route->query);
  if (query.ok()) {
    exchange->query = std::move(query).value();
    return true;
  }
  finish(exchange, std::move(query).error());
  return false;
}

void Pipeline::authorize(const ExchangePtr& exchange) {
  const auto& rules = exchange->caller->application_rules;
  if (rules != nullptr && !identity::rules_allow(*rules, exchange->request.method,
                                                 split_target(exchange->request.target).path)) {
    return finish(exchange, Error{ErrorCode::unauthenticated,
                                  "The request you have made requires authentication.",
                                  "the application credential's access rules do not allow it"});
  }
  Status version = check_api_version(exchange->request.headers);
  if (!version.ok()) return finish(exchange, std::move(version).error());
  if (!read_query(exchange)) return;
  if (!exchange->access->allows(exchange->route->rule, exchange->caller->credentials(),
                                access_target(exchange->path, exchange->query))) {
    return finish(exchange, not_allowed(exchange->route->rule));
  }
  find_domain(exchange);
}

void Pipeline::find_domain(const ExchangePtr& exchange) {
  const std::optional<ProjectId> project =
      foreign_project(*exchange->route, exchange->path, *exchange->caller);
  if (!project.has_value() || services_.project_domains == nullptr) return dispatch(exchange);
  services_.project_domains->domain_of(*project, exchange->id_for_others(),
                                       [this, exchange](Result<std::optional<std::string>> domain) {
                                         if (!domain.ok())
                                           return finish(exchange, std::move(domain).error());
                                         exchange->project_domain = std::move(domain).value();
                                         try {
                                           dispatch(exchange);
                                         } catch (const std::exception& failure) {
                                           finish(exchange, internal_fault(failure.what()));
                                         }
                                       });
}

void Pipeline::dispatch(const ExchangePtr& exchange) {
  if (exchange->route->runs == Runs::on_io_thread) return run(exchange);
  Status within_limits = check_fair_use(*exchange);
  if (!within_limits.ok()) return finish(exchange, std::move(within_limits).error());
  if (workers_.post([this, exchange] { run(exchange); })) return;
  finish(exchange, queue_full());
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

void Pipeline::run(const ExchangePtr& exchange) noexcept {
  try {
    std::optional<NamedAnswer> named;
    const Call call{exchange->request,        exchange->request_id,
                    exchange->prefix,         exchange->path,
                    exchange->query,          *exchange->caller,
                    *exchange->access,        services_,
                    exchange->project_domain, named};
    Result<http::Response> answer = exchange->route->handle(call);
    if (named.has_value()) return find_names(exchange, *std::move(named));
    finish(exchange, std::move(answer));
  } catch (const std::exception& failure) {
    finish(exchange, internal_fault(failure.what()));
  }
}

void Pipeline::find_names(const ExchangePtr& exchange, NamedAnswer named) {
  services_.names->find(named.wanted, exchange->id_for_others(),
                        [this, exchange, answer = std::move(named.answer)](OwnerNames found) {
                          const auto answer_with_names = [this, exchange, answer,
                                                          found = std::move(found)] {
                            try {
                              finish(exchange, answer(found));
                            } catch (const std::exception& failure) {
                              finish(exchange, internal_fault(failure.what()));
                            }
                          };
                          // Not on identity's threads: a page of a thousand rows takes its time.
                          if (!workers_.post(answer_with_names)) finish(exchange, queue_full());
                        });
}

void Pipeline::make_response(Exchange& exchange, Result<http::Response> result) {
  if (result.ok()) {
    exchange.response = std::move(result).value();
  } else {
    const Error& error = result.error();
    exchange.internal = error.internal;
    exchange.response = problem(error, exchange.request_id);
    if (error.code == ErrorCode::unauthenticated) {
      exchange.response.headers.emplace_back("WWW-Authenticate", identity_.challenge());
    } else if (error.code == ErrorCode::method_not_allowed) {
      exchange.response.headers.emplace_back("Allow", exchange.allow);
    }
  }
  add_common_headers(exchange.response, exchange.request_id);
}

void Pipeline::respond(Exchange& exchange) noexcept {
  try {
    const int status = exchange.response.status;
    const std::size_t bytes = exchange.response.body.size();
    const http::Respond respond = std::exchange(exchange.respond, nullptr);
    exchange.place.reset();
    if (respond) respond(std::move(exchange.response));
    count(exchange, status);
    log(exchange, status, bytes, exchange.internal);
  } catch (const std::exception&) {
    // Out of memory while answering: the server answers when `respond` is destroyed with the
    // exchange.
  }
}

void Pipeline::finish(const ExchangePtr& exchange, Result<http::Response> result) noexcept {
  try {
    make_response(*exchange, std::move(result));
    // A write is on record before it is acknowledged. One that was refused may have its line a
    // moment later: it is often refused on an I/O thread, which must not wait for the log.
    const bool audited = audit(*exchange, exchange->response.status);
    if (audited && exchange->response.status < 300) log_.flush();
    respond(*exchange);
  } catch (const std::exception&) {
    // As above. A change that was stored has its row in the change log.
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
