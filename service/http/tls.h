// SPDX-License-Identifier: Apache-2.0
// The TLS side of a listener: certificate, key, versions, ciphers.
//
// Contract: TLS 1.2 and 1.3, forward secrecy and AEAD only, no renegotiation, no compression; ALPN
//           answers "http/1.1".
// Errors:   invalid_request, naming the file and what OpenSSL says of it. An encrypted key is an
//           error: nobody is there to type its passphrase.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "policies/result.h"
#include "service/http/options.h"

namespace console_policy::http {

Result<std::shared_ptr<boost::asio::ssl::context>> tls_context(const TlsFiles& files);

}  // namespace console_policy::http
