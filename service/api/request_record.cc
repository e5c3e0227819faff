// SPDX-License-Identifier: Apache-2.0
// What stays of a request when it has been answered: its line in the log, its audit event, its
// count.
#include <chrono>
#include <vector>

#include "service/api/exchange.h"
#include "service/api/pipeline.h"
#include "service/api/router.h"
#include "service/api/routes.h"
#include "service/codec/audit.h"
#include "service/platform/random.h"

namespace console_policy::api {
namespace {

// Reports of outcomes change no policy, and there are too many of them for an audit event each.
bool is_audited(const Route& route) {
  return class_of(route) == "write";
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
  const std::string id = platform::random_uuid();
  codec::AuditEvent event;
  event.id = id;
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
