// SPDX-License-Identifier: Apache-2.0
// A program of its own: it has its own operator new, which can be told to fail once, at any of the
// allocations that an accepted connection takes on the server's threads.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <new>
#include <utility>

#include "service/http/server.h"
#include "tests/unit/http/raw_client.h"

namespace {

std::atomic<long> until_failure{0};  // allocations; 0: none fails
thread_local bool spared = false;    // the test's own thread, and its handler

}  // namespace

void* operator new(std::size_t size) {
  if (!spared && until_failure.load() > 0 && until_failure.fetch_sub(1) == 1) {
    throw std::bad_alloc{};
  }
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size);
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace console_policy::http::test {
namespace {

class Spared final {
 public:
  Spared() : before_{std::exchange(spared, true)} {}
  ~Spared() { spared = before_; }
  Spared(const Spared&) = delete;
  Spared& operator=(const Spared&) = delete;

 private:
  const bool before_;
};

// Is spared itself; what the server does with its answers is not.
class SparedHandler final : public Handler {
 public:
  void handle(Request, Respond respond) noexcept override { respond(answer(200)); }
  Response refuse(const Error&, std::string_view) noexcept override { return answer(503); }

 private:
  static Response answer(int status) {
    const Spared now;
    Response response;
    response.status = status;
    response.body = "an answer that is longer than what a string keeps in itself";
    return response;
  }
};

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: test\r\n\r\n";

// With the next ones a strand is made, and Asio 1.74 does not survive it when they fail: what has
// been made of the strand is destroyed through a pointer that is not set yet.
constexpr long last_before_a_strand = 4;

// Whether a new client is served: the server may rest a moment first.
bool is_served(std::uint16_t port) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
  while (std::chrono::steady_clock::now() < deadline) {
    RawClient client{port};
    client.send(request);
    if (client.hears_within(std::chrono::seconds{1}) && client.receive().status == 200) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("Whichever allocation fails as a connection is accepted, those after it are served") {
  const Spared now;
  SparedHandler handler;
  Options options;
  options.listen.front().port = 0;
  auto server = Server::start(options, handler);
  REQUIRE(server.ok());
  const std::uint16_t port = port_of(server.value()->urls().front());

  for (long allocation = 1; allocation <= last_before_a_strand; ++allocation) {
    INFO("allocation " << allocation);
    until_failure = allocation;
    {
      RawClient client{port};
      client.send(request);
      client.hears_within(std::chrono::milliseconds{50});
    }
    CHECK(until_failure.exchange(0) == 0);
    REQUIRE(is_served(port));
  }
}

}  // namespace console_policy::http::test
