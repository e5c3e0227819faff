// SPDX-License-Identifier: Apache-2.0
// The list of what is stored, page by page.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

// By scope name and ids, or by the last change; `sort` has the order and its direction.
Result<http::Response> list_policies(const Call& call);

}  // namespace console_policy::api
