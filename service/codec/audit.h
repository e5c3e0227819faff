// SPDX-License-Identifier: Apache-2.0
// An audit event in CADF's form (DMTF DSP0262), as pycadf writes it.
//
// Contract: one line of JSON in UTF-8.
// Threads:  a free function on values.
#pragma once

#include <optional>
#include <string>

#include "policies/policy.h"

namespace console_policy::codec {

struct AuditEvent {
  std::string id;  // unique: a UUID
  Timestamp at;
  std::string action;  // "create", "update", "delete"
  bool success{false};
  int status{0};  // of the HTTP answer
  std::string path;
  std::string user_id;  // empty: not known
  std::optional<std::string> project_id;
  std::string client_address;
  std::string agent;  // what the client calls itself; empty: nothing
  std::string request_id;
  std::string global_request_id;  // empty: none
};

std::string encode_audit_event(const AuditEvent& event);

}  // namespace console_policy::codec
