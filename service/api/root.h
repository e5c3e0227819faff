// SPDX-License-Identifier: Apache-2.0
// What needs no token: the versions and the health of the service. A request may ask for any
// version here, for this is where a client learns which there are.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

// The versions as keystoneauth's discovery understands them: all that there are, and one.
Result<http::Response> show_versions(const Call& call);
Result<http::Response> show_version(const Call& call);

// oslo.middleware's healthcheck: 200 "OK", below it remarks, or 503 with a reason a line;
// {"detailed": false, "reasons": […]} for a client that prefers JSON; for HEAD 204 or 503.
Result<http::Response> show_health(const Call& call);

}  // namespace console_policy::api
