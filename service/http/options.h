// SPDX-License-Identifier: Apache-2.0
// The settings of the HTTP server, with their defaults. service/config reads them, schema/
// documents them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace console_policy::http {

// PEM files. TLS 1.2 and 1.3 only.
struct TlsFiles {
  std::string certificate;  // the chain, leaf first
  std::string key;
  // Whose clients are served: they have to show a certificate that one of these signed. Absent: no
  // certificate is asked for.
  std::optional<std::string> client_ca{};
};

struct Listen {
  std::string address{"127.0.0.1"};  // an IPv4 or IPv6 literal
  std::uint16_t port{9797};          // 0: one that is free (tests)
  std::optional<TlsFiles> tls;
};

// Routes that take larger bodies than the others. The texts live as long as the program.
struct LargeBody {
  std::string_view method;
  std::vector<std::string_view> paths;  // exact, as in the request target before any "?"
  std::size_t max_bytes{0};
  std::size_t max_at_once{16};  // of those longer than max_body_bytes
};

struct Limits {
  std::size_t max_header_bytes{16UL * 1024};  // request line and header fields of one request
  std::size_t max_body_bytes{64UL * 1024};
  std::optional<LargeBody> large_body;  // none: max_body_bytes for all
  std::chrono::milliseconds header_timeout{
      5000};  // first byte of a request to the end of its header; TLS handshake
  std::chrono::milliseconds body_timeout{10000};   // end of the header to the end of the body
  std::chrono::milliseconds idle_timeout{60000};   // no request in flight
  std::chrono::milliseconds write_timeout{30000};  // one answer, to a reader however slow
  std::size_t max_connections{4096};               // over all listeners
  std::size_t io_threads{2};
};

// A request target may take half of the header's bound.
constexpr std::size_t max_target_bytes(const Limits& limits) {
  return limits.max_header_bytes / 2;
}

struct Options {
  std::vector<Listen> listen{Listen{}};
  Limits limits;
  std::chrono::milliseconds drain_time{10000};  // SIGTERM to the end, at the most
};

}  // namespace console_policy::http
