// SPDX-License-Identifier: Apache-2.0
// Which consoles to try, for a project or for one opening of an instance's console.
//
// Contract: the user is the caller unless `user_id` names another and the caller has the right
//           resolution:other_user. The domain is that of the caller's project when that is the
//           project asked about; otherwise `domain_id`, if the caller's identity is one that may
//           state it, and else Keystone's answer, none without a Keystone. So no caller leaves a
//           scope out of their own project's resolution.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

Result<http::Response> resolve_for_project(const Call& call);
Result<http::Response> resolve_for_instance(const Call& call);

}  // namespace console_policy::api
