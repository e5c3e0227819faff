// SPDX-License-Identifier: Apache-2.0
#include "service/http/tls.h"

#include <openssl/ssl.h>

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
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // idle connections are many
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

}  // namespace

Result<std::shared_ptr<ssl::context>> tls_context(const TlsFiles& files) {
  try {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    if (auto status = restrict(*context); !status) return std::move(status).error();
    if (auto status = load(*context, files); !status) return std::move(status).error();
    return context;
  } catch (const boost::system::system_error& error) {  // no memory, or no OpenSSL to speak of
    return invalid_request(std::string{"tls: "} + error.what());
  }
}

}  // namespace console_policy::http
