// SPDX-License-Identifier: Apache-2.0
// What the TLS tests need of OpenSSL: a client, and certificates made on the spot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/unit/temporary_folder.h"

struct ssl_ctx_st;
struct ssl_st;

namespace console_policy::http::test {

// A self-signed certificate for 127.0.0.1 with its key, as PEM files that live as long as this.
class TestCertificate {
 public:
  TestCertificate();

  // A path beside the two.
  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string certificate() const { return file("certificate.pem"); }
  std::string key() const { return file("key.pem"); }

 private:
  TemporaryFolder folder_;
};

// Speaks TLS of exactly one version over a socket that the caller owns.
class TlsClient {
 public:
  TlsClient(int socket, int version);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool shake_hands();
  std::string last_error() const { return last_error_; }
  std::string version() const;
  std::string cipher() const;
  std::string protocol() const;  // by ALPN, offered "h2" and "http/1.1"

  bool send(std::string_view bytes);
  std::string receive_all();  // to the end
  std::string receive_until(std::string_view end);
  bool ended_cleanly() const { return ended_cleanly_; }  // with close_notify

 private:
  ssl_ctx_st* context_;
  ssl_st* tls_;
  std::string last_error_;
  bool ended_cleanly_{false};
};

}  // namespace console_policy::http::test
