// SPDX-License-Identifier: Apache-2.0
// WalBuffer: what a COMMIT writes into the write-ahead log goes to the system in a few large
// pieces.
//
// SQLite writes each page in two calls, its header and its content, one page after another: some
// hundred for the commit of a group, and they were most of what the system did for a write. Here
// they are put together until SQLite has the log synced, which it does with each COMMIT before it
// tells anybody that the pages are there.
//
// Contract: between the begin and the end of a Commit, and only then, writes are put off. To SQLite
//           the file is as if they were not: it is synced, measured or cut, and what is read of it
//           is read, after what was put off has been written. An error of that is the error of the
//           call that had it done; SQLite rolls back then. What was still put off when the Commit
//           ends has never been synced, so it belongs to no commit and is given up: the lock is
//           gone, and others may have written there.
// Bounds:   `capacity` bytes.
// Threads:  as the connection: one at a time.
// Lifetime: gone before the connection is closed.
// Source:   sqlite.org/c3ref/io_methods.html; sqlite.org/walformat.html: frames count only when
//           the index of the log says so.
#pragma once

#include <soci/sqlite3/soci-sqlite3.h>

#include <cstddef>
#include <vector>

namespace console_policy::store {

class WalBuffer final {
 public:
  // A little less than SQLite gives the system in one call.
  static constexpr std::size_t capacity = std::size_t{127} * 1024;

  // `file`: open, of the write-ahead log.
  explicit WalBuffer(sqlite_api::sqlite3_file& file);
  WalBuffer(const WalBuffer&) = delete;
  WalBuffer& operator=(const WalBuffer&) = delete;
  ~WalBuffer() { let_go(); }

  class Commit final {
   public:
    explicit Commit(WalBuffer* buffer) : buffer_(buffer) {
      if (buffer_ != nullptr) buffer_->puts_off_ = true;
    }
    Commit(const Commit&) = delete;
    Commit& operator=(const Commit&) = delete;
    ~Commit() {
      if (buffer_ != nullptr) buffer_->end();
    }

   private:
    WalBuffer* buffer_;  // null: nothing is put off
  };

 private:
  using File = sqlite_api::sqlite3_file;
  using Methods = sqlite_api::sqlite3_io_methods;
  using Offset = sqlite_api::sqlite3_int64;
  // What SQLite calls, and whose it is.
  struct OwnMethods : Methods {
    WalBuffer* owner;
  };

  static WalBuffer& of(File* file);
  static int write(File* file, const void* data, int count, Offset offset);
  static int read(File* file, void* data, int count, Offset offset);
  static int sync(File* file, int flags);
  static int truncate(File* file, Offset size);
  static int size(File* file, Offset* size);
  static int close(File* file);

  bool has_some_of(Offset begin, Offset end) const;
  int put_off(const void* data, std::size_t count, Offset offset);
  int flush();
  void end();
  void let_go();

  File* file_;  // null: SQLite has closed it
  const Methods* real_;
  OwnMethods own_;
  bool puts_off_{false};
  Offset offset_{0};         // of the first of bytes_
  std::vector<char> bytes_;  // never grows beyond its first capacity
};

}  // namespace console_policy::store
