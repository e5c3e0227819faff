// SPDX-License-Identifier: Apache-2.0
// The audit trail: who changed what, newest first.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

Result<http::Response> list_changes(const Call& call);

}  // namespace console_policy::api
