// SPDX-License-Identifier: Apache-2.0
// What was seen of instances' consoles, for operators: shown, listed, counted, forgotten.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

Result<http::Response> show_availability(const Call& call);
Result<http::Response> forget_availability(const Call& call);
Result<http::Response> list_availability(const Call& call);
Result<http::Response> summarize_availability(const Call& call);

// How many instances last opened which types, day by day.
Result<http::Response> show_availability_history(const Call& call);

}  // namespace console_policy::api
