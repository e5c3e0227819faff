// SPDX-License-Identifier: Apache-2.0
// The settings of the log, with their defaults.
#pragma once

#include <optional>
#include <string>

namespace console_policy::platform {

enum class LogLevel { debug, info, warning, error };

struct LogOptions {
  LogLevel level{LogLevel::info};
  std::optional<std::string> file;  // standard error when absent
};

}  // namespace console_policy::platform
