// SPDX-License-Identifier: Apache-2.0
#include "service/store/sqlite_library.h"

#include <sqlite3.h>

#include <mutex>

namespace console_policy::store {

void set_up_sqlite_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  });
}

}  // namespace console_policy::store
