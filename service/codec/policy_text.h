// SPDX-License-Identifier: Apache-2.0
// A policy as JSON text, as the store keeps it:
// {"prefer":[…],"deny":[…],"allow":[…],"reason":…,"expires_at":…}.
//
// Contract: policy_from_text(policy_to_text(p)) is p. Equal policies give equal bytes.
// Errors:   policy_from_text: invalid_request with field and what is wrong; it checks the form
// (known
//           fields, known types, no repetition), not whether the policy may be stored (see
//           check_policy).
#pragma once

#include <string>
#include <string_view>

#include "policies/policy.h"
#include "policies/result.h"

namespace console_policy::codec {

std::string policy_to_text(const Policy& policy);
Result<Policy> policy_from_text(std::string_view text);

}  // namespace console_policy::codec
