// SPDX-License-Identifier: Apache-2.0
#include "service/http/tls.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>

namespace console_policy::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// For TLS 1.2; the suites of 1.3 are all good and keep OpenSSL's order.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

Error bad_file(const char* what, const std::string& path, const std::string& why) {
  return invalid_request("tls." + std::string{what} + ": " + path + ": " + why);
}

// OpenSSL reports a missing file as a fault of its own "system library".
bool is_readable(const std::string& path) {
  return std::ifstream{path}.good();
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned int in_size, void*) {
  constexpr std::string_view offered_by_us{"\x08http/1.1"};
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(
      &chosen, out_size, reinterpret_cast<const unsigned char*>(offered_by_us.data()),
      static_cast<unsigned int>(offered_by_us.size()), in, in_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Status restrict(ssl::context& context) {
  error_code ec;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_compression |
                          ssl::context::single_dh_use,
                      ec);
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  // Without it, sessions of clients that show a certificate could not be resumed.
  constexpr std::string_view session_context{"console-policy"};
  SSL_CTX_set_session_id_context(native,
                                 reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned int>(session_context.size()));
  SSL_CTX_set_alpn_select_cb(native, &choose_protocol, nullptr);
  if (ec || SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(native, tls12_ciphers) != 1) {
    return invalid_request("tls: OpenSSL does not take our protocol versions or ciphers");
  }
  return Success{};
}

Status load(ssl::context& context, const TlsFiles& files) {
  error_code ec;
  for (const auto& [what, path] :
       {std::pair{"certificate", files.certificate}, std::pair{"key", files.key}}) {
    if (!is_readable(path)) return bad_file(what, path, "cannot be read");
  }
  context.set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string{}; }, ec);
  if (ec) return bad_file("key", files.key, ec.message());
  context.use_certificate_chain_file(files.certificate, ec);
  if (ec) return bad_file("certificate", files.certificate, ec.message());
  context.use_private_key_file(files.key, ssl::context::pem, ec);
  if (ec) return bad_file("key", files.key, ec.message());
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return bad_file("key", files.key, "is not the key of " + files.certificate);
  }
  return Success{};
}

Status ask_for_certificates(ssl::context& context, const std::string& client_ca) {
  error_code ec;
  if (!is_readable(client_ca)) return bad_file("client_ca", client_ca, "cannot be read");
  context.load_verify_file(client_ca, ec);
  if (ec) return bad_file("client_ca", client_ca, ec.message());
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(client_ca.c_str());
  if (names == nullptr) return bad_file("client_ca", client_ca, "holds no certificate");
  SSL_CTX_set_client_CA_list(context.native_handle(), names);
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, ec);
  if (ec) return bad_file("client_ca", client_ca, ec.message());
  return Success{};
}

}  // namespace

Result<std::shared_ptr<ssl::context>> tls_context(const TlsFiles& files) {
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    if (auto status = restrict(*context); !status) return std::move(status).error();
    if (auto status = load(*context, files); !status) return std::move(status).error();
    const Status asked =
        files.client_ca ? ask_for_certificates(*context, *files.client_ca) : Success{};
    if (!asked) return asked.error();
    return context;
  } catch (const boost::system::system_error& error) {  // no memory, or no OpenSSL to speak of
    return invalid_request(std::string{"tls: "} + error.what());
  }
}

std::string peer_name(SSL* tls) {
  constexpr std::size_t max_name_bytes = 64;  // of X.520
  const X509* const certificate = SSL_get0_peer_certificate(tls);
  if (certificate == nullptr) return {};
  std::array<char, max_name_bytes + 2> text{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             text.data(), static_cast<int>(text.size()));
  if (size <= 0 || static_cast<std::size_t>(size) > max_name_bytes) return {};
  std::string name(text.data(), static_cast<std::size_t>(size));
  const bool visible =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  return visible ? name : std::string{};
}

}  // namespace console_policy::http
