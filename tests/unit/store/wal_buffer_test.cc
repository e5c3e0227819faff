// SPDX-License-Identifier: Apache-2.0
// What SQLite asks of its write-ahead log, and what of it reaches the system: on a fake file that
// keeps a record. session_test.cc has it with SQLite itself.
#include "service/store/wal_buffer.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

using namespace console_policy::store;
using Calls = std::vector<std::string>;

namespace {

// A fake: writes down what it is asked to do, and fails to write when it is told to.
struct FakeFile : sqlite_api::sqlite3_file {
  using File = sqlite_api::sqlite3_file;
  using Offset = sqlite_api::sqlite3_int64;

  FakeFile() : sqlite_api::sqlite3_file{} {
    methods.xWrite = [](File* file, const void*, int count, Offset offset) {
      of(file).calls.push_back("write " + std::to_string(offset) + "+" + std::to_string(count));
      return of(file).written;
    };
    methods.xRead = [](File* file, void*, int count, Offset offset) {
      of(file).calls.push_back("read " + std::to_string(offset) + "+" + std::to_string(count));
      return SQLITE_OK;
    };
    methods.xSync = [](File* file, int) { return of(file).add("sync"); };
    methods.xTruncate = [](File* file, Offset) { return of(file).add("truncate"); };
    methods.xFileSize = [](File* file, Offset*) { return of(file).add("size"); };
    methods.xClose = [](File* file) { return of(file).add("close"); };
    pMethods = &methods;
  }

  static FakeFile& of(File* file) { return *static_cast<FakeFile*>(file); }
  int add(const std::string& call) {
    calls.push_back(call);
    return SQLITE_OK;
  }

  // As SQLite calls it.
  int write(int count, Offset offset) {
    const std::vector<char> bytes(static_cast<std::size_t>(count), 'x');
    return pMethods->xWrite(this, bytes.data(), count, offset);
  }
  int read(int count, Offset offset) {
    std::vector<char> bytes(static_cast<std::size_t>(count));
    return pMethods->xRead(this, bytes.data(), count, offset);
  }
  int sync() { return pMethods->xSync(this, SQLITE_SYNC_NORMAL); }

  sqlite_api::sqlite3_io_methods methods{};
  int written{SQLITE_OK};
  Calls calls;
};

constexpr int page = 4096;
constexpr FakeFile::Offset frame = 24 + page;

void write_frames(FakeFile& file, int count, FakeFile::Offset from) {
  for (int i = 0; i < count; ++i) {
    REQUIRE(file.write(24, from + i * frame) == SQLITE_OK);
    REQUIRE(file.write(page, from + i * frame + 24) == SQLITE_OK);
  }
}

}  // namespace

TEST_CASE("What a commit writes goes to the file in one piece, before it is synced") {
  FakeFile file;
  WalBuffer buffer(file);
  const WalBuffer::Commit commit(&buffer);
  write_frames(file, 5, 32);
  CHECK(file.calls.empty());
  REQUIRE(file.sync() == SQLITE_OK);
  CHECK(file.calls == Calls{"write 32+20600", "sync"});
  REQUIRE(file.sync() == SQLITE_OK);
  CHECK(file.calls == Calls{"write 32+20600", "sync", "sync"});
}

TEST_CASE("More than the buffer holds goes in pieces, and what does not follow in another") {
  FakeFile file;
  WalBuffer buffer(file);
  const WalBuffer::Commit commit(&buffer);
  write_frames(file, 32, 0);
  CHECK(file.calls == Calls{"write 0+127744"});  // with the header of the 32nd
  file.calls.clear();
  write_frames(file, 1, 8240);
  CHECK(file.calls == Calls{"write 127744+4096"});
  file.calls.clear();
  REQUIRE(file.write(200 * 1024, 12360) == SQLITE_OK);
  CHECK(file.calls == Calls{"write 8240+4120", "write 12360+204800"});
}

TEST_CASE("Without a commit under way everything goes to the file at once") {
  FakeFile file;
  WalBuffer buffer(file);
  { const WalBuffer::Commit commit(&buffer); }
  write_frames(file, 1, 0);
  CHECK(file.calls == Calls{"write 0+24", "write 24+4096"});
  const WalBuffer::Commit none(nullptr);
}

TEST_CASE("Whoever looks at the file finds what was put off") {
  FakeFile file;
  WalBuffer buffer(file);
  const WalBuffer::Commit commit(&buffer);
  FakeFile::Offset size = 0;
  write_frames(file, 1, 4120);
  REQUIRE(file.read(4120, 0) == SQLITE_OK);
  CHECK(file.calls == Calls{"read 0+4120"});  // nothing of it was put off
  REQUIRE(file.read(1, 8239) == SQLITE_OK);
  CHECK(file.calls == Calls{"read 0+4120", "write 4120+4120", "read 8239+1"});
  file.calls.clear();
  write_frames(file, 1, 0);
  REQUIRE(file.pMethods->xFileSize(&file, &size) == SQLITE_OK);
  write_frames(file, 1, 0);
  REQUIRE(file.pMethods->xTruncate(&file, 0) == SQLITE_OK);
  CHECK(file.calls == Calls{"write 0+4120", "size", "write 0+4120", "truncate"});
}

TEST_CASE("A write that was put off fails where it is carried out, and is given up") {
  FakeFile file;
  WalBuffer buffer(file);
  const WalBuffer::Commit commit(&buffer);
  write_frames(file, 1, 0);
  file.written = SQLITE_FULL;
  CHECK(file.sync() == SQLITE_FULL);
  CHECK(file.calls == Calls{"write 0+4120"});
  file.written = SQLITE_OK;
  CHECK(file.sync() == SQLITE_OK);
  CHECK(file.calls == Calls{"write 0+4120", "sync"});
}

TEST_CASE("What a commit has not had synced when it ends never reaches the file") {
  FakeFile file;
  WalBuffer buffer(file);
  {
    const WalBuffer::Commit commit(&buffer);
    write_frames(file, 2, 0);
  }
  REQUIRE(file.sync() == SQLITE_OK);
  CHECK(file.calls == Calls{"sync"});
}

TEST_CASE("The file is as it was once it is closed, and once the buffer is gone") {
  FakeFile file;
  auto buffer = std::make_unique<WalBuffer>(file);
  REQUIRE(file.pMethods != &file.methods);
  if (GENERATE(true, false)) {
    REQUIRE(file.pMethods->xClose(&file) == SQLITE_OK);
    CHECK(file.calls == Calls{"close"});
    CHECK(file.pMethods == &file.methods);
  }
  buffer.reset();
  CHECK(file.pMethods == &file.methods);
}
