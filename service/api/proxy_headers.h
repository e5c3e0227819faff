// SPDX-License-Identifier: Apache-2.0
// The client address and the path prefix that a proxy in front of the service adds to a request.
//
// Contract: one setting names the proxy's header, and no other header is read: a header that the
//           proxy does not set or remove is the client's, and a client can forge it. If several
//           proxies added to the header, the last entry counts, because the nearest proxy wrote it.
//           An entry that is no address, or no path, is ignored.
// Threads:  a free function on values.
// Source:   RFC 7239; oslo.middleware:oslo_middleware/http_proxy_to_wsgi.py for the X- headers.
#pragma once

#include <string>

#include "service/api/options.h"
#include "service/http/message.h"

namespace console_policy::api {

struct Forwarded {
  std::string client_address;  // an IP address, or empty
  std::string prefix;          // what the proxy removed from the path ("/console-policy"), or empty
};

// forwarded: `for` of Forwarded; it has no prefix. x_forwarded: X-Forwarded-For and
// X-Forwarded-Prefix. The scheme is never read: every href is a path.
Forwarded forwarded_of(ProxyHeaders kind, const http::Headers& headers);

}  // namespace console_policy::api
