// SPDX-License-Identifier: Apache-2.0
// Access rules: what an application credential of Keystone may be used for, and for nothing else.
//
// Contract: pure. A rule names a service by its type, a method and a path in which `*` and `{tag}`
//           matches one whole or partial segment (one character at least, no slash) and `**` for
//           anything. The path is matched as it was sent, without the query: an escaped character
//           never matches a literal one.
// Source:   keystonemiddleware:auth_token/__init__.py; keystone:api-ref/source/v3, application
//           credentials.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace console_policy::identity {

// What this service is called in Keystone's catalog.
inline constexpr std::string_view service_type = "console-policy";

struct ApplicationRule {
  std::string service;
  std::string method;
  std::string path;
};

// False for no rules at all: an empty list allows nothing.
bool rules_allow(const std::vector<ApplicationRule>& rules, std::string_view method,
                 std::string_view path);

}  // namespace console_policy::identity
