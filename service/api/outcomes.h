// SPDX-License-Identifier: Apache-2.0
// The outcomes of opening an instance's consoles, as a dashboard reports them.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

Result<http::Response> report_outcomes(const Call& call);

}  // namespace console_policy::api
