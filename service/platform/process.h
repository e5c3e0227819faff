// SPDX-License-Identifier: Apache-2.0
// What the process asks of the system for itself, once, before it reads anything secret.
//
// Contract: no core dump is written, and nobody but root may look into the memory (a core or a
//           debugger would show tokens and the service's password); as many descriptors as the
//           system lets it have, since each connection takes one. What the system refuses is left
//           as it was.
// Threads:  before any other thread starts.
#pragma once

namespace console_policy::platform {

void harden_process();

}  // namespace console_policy::platform
