// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/tls_client.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>

namespace console_policy::http::test {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

void set_subject_and_issuer(X509* certificate) {
  static constexpr std::string_view name{"127.0.0.1"};
  X509_NAME* const subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(certificate, subject);
}

}  // namespace

TestCertificate::TestCertificate() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&X509_free)> x509{X509_new(), &X509_free};
  REQUIRE(key);
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
  X509_set_pubkey(x509.get(), key.get());
  set_subject_and_issuer(x509.get());
  REQUIRE(X509_sign(x509.get(), key.get(), EVP_sha256()) > 0);
  const File certificate_file{std::fopen(certificate().c_str(), "w")};
  const File key_file{std::fopen(this->key().c_str(), "w")};
  const File locked_file{std::fopen(file("locked.pem").c_str(), "w")};
  REQUIRE((certificate_file && key_file && locked_file));
  std::string passphrase{"passphrase"};
  REQUIRE(PEM_write_X509(certificate_file.get(), x509.get()) == 1);
  REQUIRE(PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr));
  REQUIRE(PEM_write_PrivateKey(locked_file.get(), key.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr,
                               passphrase.data()));
}

TlsClient::TlsClient(int socket, int version)
    : context_{SSL_CTX_new(TLS_client_method())}, tls_{nullptr} {
  REQUIRE(context_ != nullptr);
  SSL_CTX_set_min_proto_version(context_, version);
  SSL_CTX_set_max_proto_version(context_, version);
  // So that an old version fails at the server, not already here.
  SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
  static constexpr std::array<unsigned char, 12> offered{2,   'h', '2', 8,   'h', 't',
                                                         't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context_, offered.data(), offered.size());
  tls_ = SSL_new(context_);
  REQUIRE(tls_ != nullptr);
  SSL_set_fd(tls_, socket);
}

TlsClient::~TlsClient() {
  SSL_free(tls_);
  SSL_CTX_free(context_);
}

bool TlsClient::shake_hands() {
  ERR_clear_error();
  if (SSL_connect(tls_) == 1) return true;
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  last_error_ = text.data();
  return false;
}

std::string TlsClient::version() const {
  return SSL_get_version(tls_);
}
std::string TlsClient::cipher() const {
  return SSL_get_cipher_name(tls_);
}

std::string TlsClient::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(tls_, &name, &size);
  return {name, name + size};
}

bool TlsClient::send(std::string_view bytes) {
  return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

std::string TlsClient::receive_until(std::string_view end) {
  std::string received;
  std::array<char, 16384> piece{};
  std::size_t searched = 0;
  while (received.find(end, searched) == std::string::npos) {
    searched = received.size() - std::min(received.size(), end.size());
    const int count = SSL_read(tls_, piece.data(), static_cast<int>(piece.size()));
    if (count <= 0) {
      ended_cleanly_ = SSL_get_error(tls_, count) == SSL_ERROR_ZERO_RETURN;
      break;
    }
    received.append(piece.data(), static_cast<std::size_t>(count));
  }
  return received;
}

std::string TlsClient::receive_all() {
  return receive_until(std::string_view{"\0no answer has this\0", 20});
}

}  // namespace console_policy::http::test
