// SPDX-License-Identifier: Apache-2.0
// Server: HTTP/1.1 on Boost.Beast, plain and TLS.
//
// Contract: every connection, header, body, wait and answer is bounded by Limits. A request reaches
//           the handler only whole and well-formed (RFC 9112); other input is answered through
//           Handler::refuse and the connection closed. Pipelined requests are answered in order.
// Errors:   start() names the listener and the reason; nothing is left listening then.
// Threads:  start(), reload_certificates() and drain() belong to one thread; the handler is called
//           on limits.io_threads threads.
// Lifetime: borrows the handler. Destroyed without drain(), it closes its connections. A Respond
//           that was not called yet must not outlive the server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policies/result.h"
#include "service/http/message.h"
#include "service/http/options.h"

namespace console_policy::http {

class Server {
 public:
  static Result<std::unique_ptr<Server>> start(const Options& options, Handler& handler);
  virtual ~Server() = default;

  // Whether the certificate, key and client_ca of a listener can be used. Listens nowhere.
  static Status check(const Listen& listen);

  // The listeners, with the ports that were bound: "http://127.0.0.1:9797".
  virtual std::vector<std::string> urls() const = 0;
  virtual std::size_t connections() const = 0;  // that are served now

  // Reads the certificates of every TLS listener again, for new connections. A listener whose files
  // are wrong keeps what it has; the error names the file.
  virtual Status reload_certificates() = 0;

  // Stops accepting, closes idle connections, answers requests in flight (with Connection: close)
  // and returns when all is done or options.drain_time has passed. True if nothing had to be cut.
  virtual bool drain() = 0;
};

}  // namespace console_policy::http
