// SPDX-License-Identifier: Apache-2.0
#include "service/codec/audit.h"

#include "service/codec/json_text.h"

namespace console_policy::codec {
namespace {

void append_initiator(std::string& json, const AuditEvent& event) {
  json += R"({"id":)";
  append_text(json, event.user_id.empty() ? "unknown" : event.user_id);
  json += R"(,"typeURI":"service/security/account/user","host":{"address":)";
  append_text(json, event.client_address);
  if (!event.agent.empty()) {
    json += R"(,"agent":)";
    append_text(json, event.agent);
  }
  json += '}';
  if (event.project_id.has_value()) {
    json += R"(,"project_id":)";
    append_text(json, *event.project_id);
  }
  json += R"(,"request_id":)";
  append_text(json, event.request_id);
  if (!event.global_request_id.empty()) {
    json += R"(,"global_request_id":)";
    append_text(json, event.global_request_id);
  }
  json += '}';
}

}  // namespace

// Each write has one: constant text is appended in few pieces.
std::string encode_audit_event(const AuditEvent& event) {
  constexpr std::size_t usual_bytes = 1024;
  std::string json;
  json.reserve(usual_bytes);
  json += R"({"typeURI":"http://schemas.dmtf.org/cloud/audit/1.0/event","id":)";
  append_text(json, event.id);
  json += R"(,"eventType":"activity","eventTime":)";
  append_time(json, event.at);
  json += R"(,"action":)";
  append_text(json, event.action);
  json += event.success ? R"(,"outcome":"success","initiator":)"
                        : R"(,"outcome":"failure","initiator":)";
  append_initiator(json, event);
  json += R"(,"target":{"id":)";
  append_text(json, event.path);
  json += R"(,"typeURI":"service/console-policy/policy"},"observer":{"id":"target"},)"
          R"("reason":{"reasonType":"HTTP","reasonCode":")";
  json += std::to_string(event.status);
  json += R"("},"requestPath":)";
  append_text(json, event.path);
  json += '}';
  return json;
}

}  // namespace console_policy::codec
