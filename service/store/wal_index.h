// SPDX-License-Identifier: Apache-2.0
// WalIndex: whether anybody has committed to the database since, told without asking it.
//
// SQLite keeps the index of its write-ahead log in memory that all processes on the file share. Its
// header changes with each commit of any of them, and each reader compares it with its own copy to
// know whether the pages that it holds are still good. So do we: equal headers, equal database.
//
// Contract: a commit that has returned, in this process or another one, is seen by every header()
//           that begins after it. Two headers are equal only if nothing was committed between them.
// Threads:  header() is safe for concurrent use and takes no lock.
// Lifetime: the session must stay open: it keeps the memory mapped.
// Source:   sqlite.org/walformat.html, 2.1 (the WAL-index header, twice; the second copy is written
//           first).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "service/store/session.h"

namespace console_policy::store {

class WalIndex final {
 public:
  // One of the two copies: a change counter, sizes, salts and checksums.
  using Header = std::array<std::uint32_t, 12>;

  // How many pages are in the write-ahead log by it.
  static std::uint32_t pages_in_log(const Header& header) { return header[4]; }

  // Lets soci::soci_error through.
  explicit WalIndex(Session& session) : words_(session.wal_index()) {}
  // As it lies in memory: two copies of a header.
  explicit WalIndex(const std::uint32_t* words) : words_(words) {}

  // Nothing while somebody is just changing it, before it was made, and where there is no shared
  // memory.
  std::optional<Header> header() const;

 private:
  const std::uint32_t* words_;  // null: no shared memory
};

}  // namespace console_policy::store
