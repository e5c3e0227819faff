// SPDX-License-Identifier: Apache-2.0
// A policy as JSON text, as the store keeps it:
// {"prefer":[…],"deny":[…],"allow":[…],"reason":…,"expires_at":…}.
//
// Contract: policy_from_text(policy_to_text(p)) is p. Equal policies give equal bytes.
// Errors:   invalid_request with the field and what is wrong. The form is checked (known fields,
//           known types, no repetition), not whether the policy may be stored (see check_policy).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policies/policy.h"
#include "policies/result.h"

namespace console_policy::codec {

std::string policy_to_text(const Policy& policy);
Result<Policy> policy_from_text(std::string_view text);
// The same for a text that a newer version may have stored: console types that this version does
// not know are left out of the policy and added to `unknown`.
Result<Policy> stored_policy_from_text(std::string_view text, std::vector<std::string>& unknown);

}  // namespace console_policy::codec
