// SPDX-License-Identifier: Apache-2.0
#include "service/codec/audit.h"

#include "service/codec/policy_json.h"
#include "service/platform/time_text.h"

namespace console_policy::codec {
namespace {

using web::json::value;

value initiator_of(const AuditEvent& event) {
  Fields host{{"address", text_of(event.client_address)}};
  if (!event.agent.empty()) host.emplace_back("agent", text_of(event.agent));
  Fields fields{{"id", text_of(event.user_id.empty() ? "unknown" : event.user_id)},
                {"typeURI", text_of("service/security/account/user")},
                {"host", object_of(std::move(host))}};
  if (event.project_id.has_value()) fields.emplace_back("project_id", text_of(*event.project_id));
  fields.emplace_back("request_id", text_of(event.request_id));
  if (!event.global_request_id.empty()) {
    fields.emplace_back("global_request_id", text_of(event.global_request_id));
  }
  return object_of(std::move(fields));
}

}  // namespace

std::string encode_audit_event(const AuditEvent& event) {
  return object_of({{"typeURI", text_of("http://schemas.dmtf.org/cloud/audit/1.0/event")},
                    {"id", text_of(event.id)},
                    {"eventType", text_of("activity")},
                    {"eventTime", text_of(platform::format_time(event.at))},
                    {"action", text_of(event.action)},
                    {"outcome", text_of(event.success ? "success" : "failure")},
                    {"initiator", initiator_of(event)},
                    {"target", object_of({{"id", text_of(event.path)},
                                          {"typeURI", text_of("service/console-policy/policy")}})},
                    {"observer", object_of({{"id", text_of("target")}})},
                    {"reason", object_of({{"reasonType", text_of("HTTP")},
                                          {"reasonCode", text_of(std::to_string(event.status))}})},
                    {"requestPath", text_of(event.path)}})
      .serialize();
}

}  // namespace console_policy::codec
