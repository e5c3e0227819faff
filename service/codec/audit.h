// SPDX-License-Identifier: Apache-2.0
// An audit event in CADF's form (DMTF DSP0262), as pycadf writes it.
//
// Contract: one line of JSON in UTF-8.
// Threads:  a free function on values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policies/policy.h"

namespace console_policy::codec {

// A view: the caller keeps the texts while this lives.
struct AuditEvent {
  std::string_view id;  // unique: a UUID
  Timestamp at;
  std::string_view action;  // "create", "update", "delete"
  bool success{false};
  int status{0};  // of the HTTP answer
  std::string_view path;
  std::string_view user_id;  // empty: not known
  std::optional<std::string_view> project_id;
  std::string_view client_address;
  std::string_view agent;  // what the client calls itself; empty: nothing
  std::string_view request_id;
  std::string_view global_request_id;  // empty: none
};

std::string encode_audit_event(const AuditEvent& event);

}  // namespace console_policy::codec
