// SPDX-License-Identifier: Apache-2.0
// The daemon, composed: store → identity → api → http → run → drain.
#pragma once

#include "policies/result.h"
#include "service/config/config.h"

namespace console_policy {

// Reads all that the configuration names. Errors: what is wrong with it. Changes nothing.
Status check(const config::Config& settings);

// Serves until SIGTERM or SIGINT; SIGHUP reopens the log's file and reads the access rules and
// the certificates again. Then answers the requests in flight and returns. Errors: what kept it
// from starting; nothing is listening then.
Status serve(const config::Config& settings);

// Makes the data folder, and in it the tokens file with an admin token.
Status make_first_admin(const config::Config& settings);

}  // namespace console_policy
