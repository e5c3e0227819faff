// SPDX-License-Identifier: Apache-2.0
// Answers of Keystone, or of an impostor: a token, its expiry, a project, an error.
#include <string>

#include "service/identity/keystone_token.h"
#include "tests/fuzz/input.h"

using namespace console_policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(fuzz::text_of(data, size));
  const Result<identity::Caller> caller = identity::parse_token(body);
  if (caller.ok()) {
    fuzz::require(!caller.value().user_id.empty(), "a caller has an id");
    fuzz::require(caller.value().expires_at.has_value(), "a caller's token ends");
    fuzz::require(!caller.value().may_state_domain, "Keystone's callers do not state domains");
    static_cast<void>(caller.value().credentials());
    if (caller.value().application_rules != nullptr) {
      static_cast<void>(identity::rules_allow(*caller.value().application_rules, "GET",
                                              "/v1/projects/p/instances/i/consoles"));
    }
  } else {
    fuzz::require(caller.error().code == ErrorCode::unavailable, "rubbish is never a refusal");
  }
  static_cast<void>(identity::parse_expiry(body));
  static_cast<void>(identity::parse_project_domain(body));
  static_cast<void>(identity::is_keystone_error(body, 404));
  return 0;
}
