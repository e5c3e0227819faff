// SPDX-License-Identifier: Apache-2.0
// Files and folders that only their owner may read.
//
// Errors:  invalid_request "PATH: what is wrong" (they come from the operator's settings).
#pragma once

#include <string>
#include <string_view>

#include "policies/result.h"

namespace console_policy::platform {

// Makes the folder and its parents (0700 for the last one); success when it is there already.
Status make_private_folder(const std::string& path);

// Writes a new file with mode 0600, whole and synced, or leaves none. A file that is there already
// is an error.
Status write_private_file(const std::string& path, std::string_view text);

bool file_exists(const std::string& path);

}  // namespace console_policy::platform
