// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/store/hanging_database.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/unit/store/temporary_store.h"

namespace console_policy::store::test {
namespace {

constexpr off_t first_lock_byte = 120;
constexpr off_t lock_bytes = 8;

// In the child: acquires the locks as soon as they are free, notifies the parent, and holds them.
[[noreturn]] void hold_locks(const char* path, int ready) {
  const int file = ::open(path, O_RDWR | O_CLOEXEC);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = first_lock_byte;
  lock.l_len = lock_bytes;
  const char locked = file >= 0 && ::fcntl(file, F_SETLKW, &lock) == 0 ? 'y' : 'n';
  if (::write(ready, &locked, 1) == 1) ::pause();
  ::_exit(1);
}

}  // namespace

HangingDatabase::HangingDatabase(const Options& options) {
  const std::string sqlite = "sqlite:///";
  if (options.url.compare(0, sqlite.size(), sqlite) == 0) {
    lock_file(options.url.substr(sqlite.size()));
    return;
  }
  raw_ = std::make_unique<RawDatabase>(options);
  raw_->run(
      "LOCK TABLES policy WRITE, change_log WRITE, revision_counter WRITE, availability "
      "WRITE, observation_counter WRITE, forgotten_instance WRITE");
}

void HangingDatabase::lock_file(const std::string& path) {
  const std::string index = path + "-shm";
  std::array<int, 2> ready{};
  REQUIRE(::pipe2(ready.data(), O_CLOEXEC) == 0);
  child_ = ::fork();
  REQUIRE(child_ >= 0);
  if (child_ == 0) hold_locks(index.c_str(), ready[1]);
  ::close(ready[1]);
  char locked = 0;
  const bool told = ::read(ready[0], &locked, 1) == 1;
  ::close(ready[0]);
  REQUIRE(told);
  REQUIRE(locked == 'y');
}

HangingDatabase::~HangingDatabase() {
  if (child_ < 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

ClosedPort::ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  REQUIRE(socket_ >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(::bind(socket_, any, size) == 0);
  REQUIRE(::getsockname(socket_, any, &size) == 0);
  number_ = ntohs(address.sin_port);
}

ClosedPort::~ClosedPort() {
  ::close(socket_);
}

}  // namespace console_policy::store::test
