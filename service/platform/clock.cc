// SPDX-License-Identifier: Apache-2.0
#include "service/platform/clock.h"

namespace console_policy::platform {

Timestamp system_time() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace console_policy::platform
