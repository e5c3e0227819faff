// SPDX-License-Identifier: Apache-2.0
// What needs no token: the versions and the health of the service. A request may ask for any
// version here, for this is where a client learns which there are.
#pragma once

#include "service/api/route.h"

namespace console_policy::api {

// The versions as keystoneauth's discovery understands them: all that there are, and one.
Result<http::Response> show_versions(const Call& call);
Result<http::Response> show_version(const Call& call);

// 200 "OK", or 503 when the store cannot be read (oslo.middleware's healthcheck in its plain form).
Result<http::Response> show_health(const Call& call);

}  // namespace console_policy::api
