// SPDX-License-Identifier: Apache-2.0
#include "service/platform/process.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace console_policy::platform {

void harden_process() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

}  // namespace console_policy::platform
