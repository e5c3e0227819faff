// SPDX-License-Identifier: Apache-2.0
#include "service/codec/audit.h"

#include "service/codec/json_text.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

void append_initiator(std::string& json, const AuditEvent& event) {
  ObjectText object(json);
  object.text("id", event.user_id.empty() ? "unknown" : event.user_id);
  object.text("typeURI", "service/security/account/user");
  ObjectText host(object.at("host"));
  host.text("address", event.client_address);
  if (!event.agent.empty()) host.text("agent", event.agent);
  host.end();
  if (event.project_id.has_value()) object.text("project_id", *event.project_id);
  object.text("request_id", event.request_id);
  if (!event.global_request_id.empty()) {
    object.text("global_request_id", event.global_request_id);
  }
  object.end();
}

}  // namespace

std::string encode_audit_event(const AuditEvent& event) {
  std::string json;
  ObjectText object(json);
  object.text("typeURI", "http://schemas.dmtf.org/cloud/audit/1.0/event");
  object.text("id", event.id);
  object.text("eventType", "activity");
  object.text("eventTime", platform::format_time(event.at));
  object.text("action", event.action);
  object.text("outcome", event.success ? "success" : "failure");
  append_initiator(object.at("initiator"), event);
  ObjectText target(object.at("target"));
  target.text("id", event.path);
  target.text("typeURI", "service/console-policy/policy");
  target.end();
  object.at("observer") += R"({"id":"target"})";
  ObjectText reason(object.at("reason"));
  reason.text("reasonType", "HTTP");
  reason.text("reasonCode", std::to_string(event.status));
  reason.end();
  object.text("requestPath", event.path);
  object.end();
  return json;
}

}  // namespace console_policy::codec
