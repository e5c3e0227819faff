// SPDX-License-Identifier: Apache-2.0
// Puts back the policy that a scope had before or after a change, as a new change.
//
// Contract: without a precondition it is refused (conflict) if the scope has changed since; the
//           message shows the policy after the change and the policy now. With If-Match or
//           If-None-Match the precondition alone decides. Everything else is as in a write or a
//           delete of the scope: the rights, and what may be stored.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

// 200 with the policy that was put back, or 204 if none was stored before (or after) the change.
Result<http::Response> restore_change(const Call& call);

}  // namespace console_policy::api
