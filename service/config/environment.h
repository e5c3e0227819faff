// SPDX-License-Identifier: Apache-2.0
// The configuration from the environment; see load.h for the names and their order.
//
// Errors:  invalid_request, "NAME: what is wrong". A value never stands in a message: it may hold a
//          password.
// Threads: as the Environment that is handed in.
#pragma once

#include <sys/types.h>

#include <string>

#include "service/config/load.h"

namespace console_policy::config {

// CONSOLE_POLICY_LISTEN changes address and port of the one listener and keeps its TLS; with
// several listeners it is refused, because it could only guess which is meant.
// `working_folder` is what relative paths are taken from; absolute.
Status apply_environment(const Environment& environment, const std::string& working_folder,
                         Config& config);

// The default place of data: see load.h. `user` is the effective user.
Result<std::string> default_data_dir(const Environment& environment, uid_t user);

}  // namespace console_policy::config
