// SPDX-License-Identifier: Apache-2.0
// How SQLite's library works in this process: what it does at each call for programs that need it,
// and this one does not.
//
// Contract: connections have no lock of their own, since each is used by one thread at a time;
//           memory is not counted, so no lock is taken at each allocation for that.
// Threads:  safe for concurrent use.
// Lifetime: to be called before the process opens its first database; after that SQLite refuses,
//           and goes on as it was: slower, and just as right.
// Source:   sqlite.org/threadsafe.html ("multi-thread"); sqlite.org/c3ref/config.html
//           (SQLITE_CONFIG_MULTITHREAD, SQLITE_CONFIG_MEMSTATUS).
#pragma once

namespace console_policy::store {

void set_up_sqlite_library();

}  // namespace console_policy::store
