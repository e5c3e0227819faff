// SPDX-License-Identifier: Apache-2.0
// The clock, as a value that tests replace.
#pragma once

#include <functional>

#include "policies/policy.h"

namespace console_policy::platform {

// Safe to call from any thread.
using Clock = std::function<Timestamp()>;

Timestamp system_time();

}  // namespace console_policy::platform
