// SPDX-License-Identifier: Apache-2.0
// How the process keeps memory that was freed: read by jemalloc before main() begins, so it is a
// constant and not an option. Where another allocator stands (the sanitizers'), nobody reads it.
// Source: jemalloc(3), TUNING. MALLOC_CONF in the environment comes after it.
#include <jemalloc/jemalloc.h>

// Two arenas, however many processors: each keeps free memory for the threads that share it, and
// most of what a thread takes comes out of its own cache. What was free for five seconds goes back
// to the system, by a thread in the background.
const char* malloc_conf =
    "narenas:2,background_thread:true,max_background_threads:1,"
    "dirty_decay_ms:5000,muzzy_decay_ms:0";
