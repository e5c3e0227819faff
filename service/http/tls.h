// SPDX-License-Identifier: Apache-2.0
// The TLS side of a listener: certificate, key, versions, ciphers.
//
// Contract: TLS 1.2 and 1.3, forward secrecy and AEAD only, no renegotiation, no compression; ALPN
//           answers "http/1.1". A client resumes its session by a ticket for as long as the context
//           lives. With client_ca a handshake without a certificate of it fails.
// Errors:   invalid_request, with the file and OpenSSL's reason. An encrypted key is an
//           error: a daemon cannot ask for its passphrase.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "policies/result.h"
#include "service/http/options.h"

namespace console_policy::http {

Result<std::shared_ptr<boost::asio::ssl::context>> tls_context(const TlsFiles& files);

// The common name in the certificate that the peer has shown, when it is one of 1 to 64 visible
// characters; else empty. After the handshake.
std::string peer_name(SSL* tls);

}  // namespace console_policy::http
