// SPDX-License-Identifier: Apache-2.0
// What a proxy in front of the service says of the request that it passed on.
//
// Contract: of a header that several proxies wrote to, the last entry counts, which the nearest one
//           wrote: a client can forge the others. What is not an address, or not a path, is as if
//           it were not there. To be asked only when an operator says that a proxy is in front,
//           which sets or removes these headers.
// Threads:  a free function on values.
// Source:   RFC 7239; oslo.middleware:oslo_middleware/http_proxy_to_wsgi.py for the X- headers.
#pragma once

#include <string>

#include "service/http/message.h"

namespace console_policy::api {

struct Forwarded {
  std::string client_address;  // an IP address; empty: not said
  std::string prefix;          // what the proxy took off the path ("/console-policy"); or empty
};

// Forwarded, or else X-Forwarded-For; X-Forwarded-Prefix.
Forwarded forwarded_of(const http::Headers& headers);

}  // namespace console_policy::api
