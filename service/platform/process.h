// SPDX-License-Identifier: Apache-2.0
// What the process asks of the system for itself, once, before it reads anything secret.
//
// Contract: no core dump is written, and nobody but root may look into the memory (a core or a
//           debugger would show tokens and the service's password); as many descriptors as the
//           system lets it have, since each connection takes one. What the system refuses is left
//           as it was.
//           The C library keeps its free memory in max_arenas pools, not in eight a processor:
//           where many threads take memory in turn, what is free in those hardly ever goes back.
// Threads:  before any other thread starts.
#pragma once

namespace console_policy::platform {

constexpr int max_arenas = 2;

void harden_process();

// Gives the system back what the C library keeps of freed memory, which else stays at the most that
// was ever taken at once (a few long lists that come together). Takes some milliseconds, in which
// other threads may wait for memory; for once a minute. Threads: any.
void return_free_memory();

}  // namespace console_policy::platform
