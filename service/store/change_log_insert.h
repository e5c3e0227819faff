// SPDX-License-Identifier: Apache-2.0
// ChangeLogInsert: rows of the change log, written many with one statement.
//
// Contract: a row is in the table after flush() at the latest; they are written in their order.
//           Everything here is for within a transaction, and flush() comes before its COMMIT.
// Errors:   lets soci::soci_error through. Of the rows of that statement some may be there then:
// the
//           transaction is to be rolled back.
// Threads:  as its session: one at a time.
// Lifetime: must be gone before the soci::session.
#pragma once

#include <soci/soci.h>

#include <array>
#include <cstddef>
#include <memory>

#include "service/store/rows.h"

namespace console_policy::store {

class ChangeLogInsert final {
 public:
  explicit ChangeLogInsert(soci::session& sql) : sql_(sql) {}
  ChangeLogInsert(const ChangeLogInsert&) = delete;
  ChangeLogInsert& operator=(const ChangeLogInsert&) = delete;

  // A row to be filled before the next call here. It holds what some earlier one held, so that what
  // is assigned finds its room.
  ChangeRow& add();
  void flush();
  // Rows of a transaction that was rolled back.
  void forget() { count_ = 0; }

 private:
  // About as many as write together with 32 clients. Much of what a statement costs is the opening
  // of the table's indexes, once for all of its rows (ADR 0005).
  static constexpr std::size_t max_rows = 16;

  soci::session& sql_;
  std::array<ChangeRow, max_rows> rows_;  // bound
  std::size_t count_{0};                  // of rows_, that wait
  // Of so many rows and one; each prepared at its first use.
  std::array<std::unique_ptr<soci::statement>, max_rows> inserts_;
};

}  // namespace console_policy::store
