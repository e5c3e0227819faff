// SPDX-License-Identifier: Apache-2.0
#include "service/api/pipeline.h"

#include <chrono>
#include <exception>
#include <utility>

#include "service/api/answer.h"
#include "service/api/api_version.h"
#include "service/api/problem.h"
#include "service/api/proxy_headers.h"
#include "service/api/router.h"
#include "service/api/routes.h"
#include "service/codec/audit.h"
#include "service/platform/random.h"

namespace console_policy::api {
namespace {

constexpr std::string_view request_id_header = "x-openstack-request-id";  // oslo.middleware's

// Keystone's Fernet tokens have about 250 characters, and PKI tokens are gone.
constexpr std::size_t max_token_bytes = 4096;

Error internal_fault(std::string what) {
  return Error{ErrorCode::internal, "The service failed to answer; the log says why.",
               std::move(what)};
}

Error queue_full() {
  return Error{ErrorCode::unavailable, "Too many requests are waiting; try again.",
               "the workers' queue is full"};
}

// RFC 9110, 5.6.2 and oslo: visible ASCII only, and one value. A comma would join two.
bool is_token_text(std::string_view text) {
  if (text.empty() || text.size() > max_token_bytes) return false;
  unsigned char odd = 0;  // without an early end: the compiler looks at many characters at once
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    odd |= static_cast<unsigned char>(byte <= ' ') | static_cast<unsigned char>(byte >= 0x7f) |
           static_cast<unsigned char>(byte == ',');
  }
  return odd == 0;
}

// The value of a header that has one token in it; unauthenticated when it is not there, is there
// twice, or is no token.
Result<identity::Token> token_in(const http::Headers& headers, const std::string& name) {
  const std::string_view secret = http::header(headers, name);
  if (http::header_count(headers, name) != 1 || !is_token_text(secret)) {
    return Error{ErrorCode::unauthenticated, "The request you have made requires authentication.",
                 "no " + name + ", or not one token"};
  }
  return identity::Token(std::string(secret));
}

Result<identity::Presented> presented_in(const http::Headers& headers) {
  Result<identity::Token> token = token_in(headers, "X-Auth-Token");
  if (!token.ok()) return std::move(token).error();
  if (http::header_count(headers, "X-Service-Token") == 0) {
    return identity::Presented(std::move(token).value());
  }
  Result<identity::Token> service = token_in(headers, "X-Service-Token");
  if (!service.ok()) return std::move(service).error();
  return identity::Presented(std::move(token).value(), std::move(service).value());
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

bool is_audited(const Route& route) {
  return route.method != "GET" && route.runs != Runs::aside;
}

// In CADF's words; a batch, whatever is in it, is an update.
std::string_view audited_action(const Route& route, int status) {
  if (route.method == "DELETE") return "delete";
  return status == 201 ? "create" : "update";
}

platform::LogLevel level_of(int status) {
  return status >= 500 ? platform::LogLevel::error : platform::LogLevel::info;
}

}  // namespace

struct Pipeline::Exchange {
  // While its write is under way, and then as long as anything is left of the exchange.
  std::optional<Acknowledgements::Expected> expected;
  http::Request request;
  http::Respond respond;
  std::string request_id{platform::random_request_id()};
  std::string global_request_id;  // of the caller's own caller; empty: none
  std::chrono::steady_clock::time_point started{std::chrono::steady_clock::now()};
  const Route* route{nullptr};
  Parameters path;
  std::string allow;
  Query query;
  std::optional<identity::Presented> presented;
  identity::CallerPtr caller{nobody()};
  std::optional<std::string> project_domain;
  std::shared_ptr<const AccessRules> access;
  std::string prefix;
  std::optional<FairUse::Place> place;  // while it waits for a worker or the store
  http::Response response;              // once there is one
  std::string internal;                 // what the log says of an error

  static const identity::CallerPtr& nobody() {
    static const identity::CallerPtr empty = std::make_shared<const identity::Caller>();
    return empty;
  }

  // oslo.context's rule: the id that came with the request goes on to others, else our own.
  const std::string& id_for_others() const {
    return global_request_id.empty() ? request_id : global_request_id;
  }
};

Pipeline::Pipeline(const Services& services, identity::Identity& identity,
                   platform::WorkerPool& workers, platform::Log& log)
    : services_(services),
      identity_(identity),
      workers_(workers),
      log_(log),
      // What is acknowledged is on record.
      acknowledgements_([this] { log_.flush(); }) {}

void Pipeline::believe_proxy(Exchange& exchange) {
  Forwarded said = forwarded_of(exchange.request.headers);
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
    if (services_.proxy_headers) believe_proxy(*exchange);
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
  if (exchange->route->runs == Runs::here) return run(exchange);
  if (services_.fair_use != nullptr) {
    Result<FairUse::Place> place = services_.fair_use->enter(
        exchange->request.client_address, http::header(exchange->request.headers, "X-Auth-Token"),
        exchange->route->method != "GET" ? FairUse::Kind::write : FairUse::Kind::read);
    if (!place.ok()) return finish(exchange, std::move(place).error());
    exchange->place.emplace(std::move(place).value());
  }
  if (exchange->route->runs == Runs::queued) return run(exchange);
  const bool aside = exchange->route->runs == Runs::aside && services_.reports != nullptr;
  platform::WorkerPool& workers = aside ? *services_.reports : workers_;
  if (workers.post([this, exchange] { run(exchange); })) return;
  finish(exchange, queue_full());
}

void Pipeline::run(const ExchangePtr& exchange) noexcept {
  try {
    std::optional<NamedAnswer> named;
    std::optional<WrittenAnswer> written;
    const Call call{exchange->request,
                    exchange->request_id,
                    exchange->prefix,
                    exchange->path,
                    exchange->query,
                    *exchange->caller,
                    *exchange->access,
                    services_,
                    exchange->project_domain,
                    named,
                    written};
    Result<http::Response> answer = exchange->route->handle(call);
    if (named.has_value()) return find_names(exchange, *std::move(named));
    if (written.has_value()) return begin_write(exchange, *written);
    finish(exchange, std::move(answer));
  } catch (const std::exception& failure) {
    finish(exchange, internal_fault(failure.what()));
  }
}

void Pipeline::find_names(const ExchangePtr& exchange, NamedAnswer named) {
  services_.names->find(named.wanted, exchange->id_for_others(),
                        [this, exchange, answer = std::move(named.answer)](OwnerNames found) {
                          const auto tell = [this, exchange, answer, found = std::move(found)] {
                            try {
                              finish(exchange, answer(found));
                            } catch (const std::exception& failure) {
                              finish(exchange, internal_fault(failure.what()));
                            }
                          };
                          // Not on identity's threads: a page of a thousand rows takes its time.
                          if (!workers_.post(tell)) finish(exchange, queue_full());
                        });
}

void Pipeline::begin_write(const ExchangePtr& exchange, const WrittenAnswer& written) {
  exchange->expected.emplace(acknowledgements_);
  written.begin([this, exchange](WrittenAnswer::Answer answer) {
    acknowledgements_.add(
        {[this, exchange, answer = std::move(answer)] { prepare(*exchange, answer); },
         [this, exchange] { respond(*exchange); }});
  });
}

void Pipeline::finish_writes() {
  acknowledgements_.finish();
}

void Pipeline::prepare(Exchange& exchange, const WrittenAnswer::Answer& answer) noexcept {
  try {
    make_response(exchange, answer());
    audit(exchange, exchange.response.status);
  } catch (const std::exception&) {
    // Out of memory: as in respond(). A change that was stored has its row in the change log.
    exchange.response = http::Response{};
    exchange.respond = nullptr;
  }
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
    if (audit(*exchange, exchange->response.status)) log_.flush();  // before the answer
    respond(*exchange);
  } catch (const std::exception&) {
    // As above.
  }
}

http::Response Pipeline::refuse(const Error& error, std::string_view client_address) noexcept {
  if (services_.metrics != nullptr) services_.metrics->not_a_request(error.code);
  try {
    const std::string request_id = platform::random_request_id();
    http::Response response = problem(error, request_id);
    add_common_headers(response, request_id);
    log_.write(platform::LogLevel::info, "refused",
               {{"request_id", std::string_view(request_id)},
                {"client", client_address},
                {"status", std::int64_t{response.status}},
                {"detail", std::string_view(error.message)}});
    return response;
  } catch (const std::exception&) {
    return http::Response{};
  }
}

void Pipeline::count(const Exchange& exchange, int status) const noexcept {
  if (services_.metrics == nullptr) return;
  const std::size_t route = exchange.route == nullptr
                                ? metrics::Metrics::no_route
                                : static_cast<std::size_t>(exchange.route - routes().data());
  services_.metrics->request(route, status, std::chrono::steady_clock::now() - exchange.started);
}

void Pipeline::log(const Exchange& exchange, int status, std::size_t bytes,
                   const std::string& internal) {
  const std::chrono::duration<double, std::milli> took =
      std::chrono::steady_clock::now() - exchange.started;
  constexpr std::size_t most_fields = 12;
  std::vector<platform::LogField> fields;
  fields.reserve(most_fields);
  fields.push_back({"request_id", std::string_view(exchange.request_id)});
  fields.push_back({"client", std::string_view(exchange.request.client_address)});
  fields.push_back({"method", std::string_view(exchange.request.method)});
  fields.push_back({"path", split_target(exchange.request.target).path});
  fields.push_back(
      {"route", exchange.route == nullptr ? std::string_view{} : exchange.route->path});
  fields.push_back({"status", std::int64_t{status}});
  fields.push_back({"bytes", static_cast<std::int64_t>(bytes)});
  fields.push_back({"ms", took.count()});
  if (!exchange.global_request_id.empty()) {
    fields.push_back({"global_request_id", std::string_view(exchange.global_request_id)});
  }
  if (!exchange.request.client_name.empty()) {
    fields.push_back({"client_name", std::string_view(exchange.request.client_name)});
  }
  if (!exchange.caller->user_id.empty()) {
    fields.push_back({"user_id", std::string_view(exchange.caller->user_id)});
  }
  if (exchange.caller->project_id.has_value()) {
    fields.push_back({"project_id", std::string_view(*exchange.caller->project_id)});
  }
  if (!internal.empty()) fields.push_back({"cause", std::string_view(internal)});
  log_.write(level_of(status), "request", fields);
}

bool Pipeline::audit(const Exchange& exchange, int status) {
  if (exchange.route == nullptr || !is_audited(*exchange.route)) return false;
  constexpr std::size_t max_agent_bytes = 256;
  codec::AuditEvent event;
  event.id = platform::random_uuid();
  event.at = services_.clock();
  event.action = audited_action(*exchange.route, status);
  event.success = status < 300;
  event.status = status;
  event.path = split_target(exchange.request.target).path;
  event.user_id = exchange.caller->user_id;
  event.project_id = exchange.caller->project_id;
  event.client_address = exchange.request.client_address;
  event.agent = http::header(exchange.request.headers, "user-agent").substr(0, max_agent_bytes);
  event.request_id = exchange.request_id;
  event.global_request_id = exchange.global_request_id;
  const std::string text = codec::encode_audit_event(event);
  log_.keep(platform::LogLevel::info, "audit", {{"event", platform::LogJson{text}}});
  return true;
}

}  // namespace console_policy::api
