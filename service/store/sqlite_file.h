// SPDX-License-Identifier: Apache-2.0
// The database file itself: made with the right mode, and watched for being replaced.
//
// Contract: ensure_database_file() makes a missing file, empty (which SQLite takes as an empty
//           database), with mode 0600 whatever the umask; SQLite gives the -wal and -shm files
//           beside it the same mode. A file that is there keeps its mode.
//           Neither function ever opens the file: closing a descriptor of it would drop the locks
//           that SQLite holds on it in this process (POSIX).
// Errors:   unavailable; the message names the file and says why.
// Threads:  free functions.
#pragma once

#include <sys/types.h>

#include <string>

#include "policies/result.h"

namespace console_policy::store {

// Which file a path leads to.
struct FileIdentity {
  dev_t device{};
  ino_t inode{};

  friend bool operator==(const FileIdentity& a, const FileIdentity& b) {
    return a.device == b.device && a.inode == b.inode;
  }
};

Status ensure_database_file(const std::string& path);
Result<FileIdentity> file_identity(const std::string& path);

}  // namespace console_policy::store
