// SPDX-License-Identifier: Apache-2.0
#include "service/api/exchange.h"

#include <algorithm>
#include <vector>

#include "service/api/api_version.h"
#include "service/api/routes.h"
#include "service/codec/audit.h"

namespace console_policy::api {
namespace {

constexpr std::string_view request_id_header = "x-openstack-request-id";  // oslo.middleware's

// CADF's actions. A batch is an update, whatever is in it.
std::string_view audit_action(const Route& route, int status) {
  if (route.method == "DELETE") return "delete";
  return status == 201 ? "create" : "update";
}

// Values of header fields may hold bytes above 0x7f in any encoding; a log line is UTF-8.
std::string agent_of(const http::Request& request) {
  constexpr std::size_t max_bytes = 256;
  std::string agent{http::header(request.headers, "user-agent").substr(0, max_bytes)};
  std::replace_if(
      agent.begin(), agent.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return agent;
}

}  // namespace

void add_common_headers(http::Response& response, const std::string& request_id) {
  response.headers.emplace_back(request_id_header, request_id);
  response.headers.emplace_back(version_header, spoken_api_version());
  response.headers.emplace_back("Vary", version_header);
}

std::string global_request_id(const http::Headers& headers) {
  if (http::header_count(headers, request_id_header) != 1) return {};
  const std::string_view given = http::header(headers, request_id_header);
  return platform::is_request_id(given) ? std::string(given) : std::string();
}

bool is_audited(const Exchange& exchange) {
  // Not reports of outcomes: they change no policy, and there are too many of them.
  return exchange.route != nullptr && class_of(*exchange.route) == "write";
}

void write_audit_event(platform::Log& log, const Exchange& exchange, int status, Timestamp now) {
  const std::string id = platform::random_uuid();
  const std::string agent = agent_of(exchange.request);
  codec::AuditEvent event;
  event.id = id;
  event.at = now;
  event.action = audit_action(*exchange.route, status);
  event.success = status < 300;
  event.status = status;
  event.path = split_target(exchange.request.target).path;
  event.user_id = exchange.caller->user_id;
  event.project_id = exchange.caller->project_id;
  event.client_address = exchange.request.client_address;
  event.agent = agent;
  event.request_id = exchange.request_id;
  event.global_request_id = exchange.global_request_id;
  const std::string text = codec::encode_audit_event(event);
  log.keep(platform::LogLevel::info, "audit", {{"event", platform::LogJson{text}}});
}

void write_access_log(platform::Log& log, const Exchange& exchange, int status, std::size_t bytes,
                      std::string_view cause) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  constexpr std::size_t most_fields = 13;
  std::vector<platform::LogField> fields;
  fields.reserve(most_fields);
  const auto add_text = [&fields](std::string_view name, std::string_view text) {
    if (!text.empty()) fields.push_back({name, text});
  };
  fields.push_back({"request_id", std::string_view(exchange.request_id)});
  fields.push_back({"client", std::string_view(exchange.request.client_address)});
  fields.push_back({"method", std::string_view(exchange.request.method)});
  fields.push_back({"path", split_target(exchange.request.target).path});
  fields.push_back(
      {"route", exchange.route == nullptr ? std::string_view{} : exchange.route->path});
  fields.push_back({"status", std::int64_t{status}});
  fields.push_back({"bytes", static_cast<std::int64_t>(bytes)});
  fields.push_back({"ms", Milliseconds(Exchange::Clock::now() - exchange.started).count()});
  add_text("global_request_id", exchange.global_request_id);
  add_text("client_name", exchange.request.client_name);
  add_text("user_id", exchange.caller->user_id);
  if (exchange.caller->project_id.has_value()) add_text("project_id", *exchange.caller->project_id);
  add_text("cause", cause);
  log.write(status >= 500 ? platform::LogLevel::error : platform::LogLevel::info, "request",
            fields);
}

void count_request(metrics::Metrics* metrics, const Exchange& exchange, int status) {
  if (metrics == nullptr) return;
  const std::size_t route = exchange.route == nullptr
                                ? metrics::Metrics::no_route
                                : static_cast<std::size_t>(exchange.route - routes().data());
  metrics->request(route, status, Exchange::Clock::now() - exchange.started);
}

}  // namespace console_policy::api
