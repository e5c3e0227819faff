// SPDX-License-Identifier: Apache-2.0
// The log of changes, newest first.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

Result<http::Response> list_changes(const Call& call);
Result<http::Response> show_change(const Call& call);

// The change that the path names, if the caller may list the changes of its project. Errors:
// invalid_request, forbidden, not_found.
Result<Change> change_in_path(const Call& call);

}  // namespace console_policy::api
