// SPDX-License-Identifier: Apache-2.0
// Server: HTTP/1.1 on Boost.Beast, plain and TLS.
//
// Contract: every connection, header, body, wait and answer is bounded by Limits. A request reaches
//           the handler only whole and well-formed (RFC 9112): anything else is answered through
//           Handler::refuse and the connection closed. Requests that a client pipelines are
//           answered in order. No input, however hostile, ends a thread of the server.
// Errors:   start() fails with what and which listener (address in use, bad certificate, …);
//           nothing is left listening then.
// Threads:  start(), reload_certificates() and drain() belong to one thread; the handler is called
//           on limits.io_threads threads.
// Lifetime: borrows the handler, which must outlive the server. Destroyed without drain(), it cuts
//           its connections. A Respond that was not called yet must not outlive the server.
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

  // What is listened on, with the ports that were really bound: "http://127.0.0.1:9797".
  virtual std::vector<std::string> urls() const = 0;

  // How many connections are served now.
  virtual std::size_t connections() const = 0;

  // Reads the certificates of every TLS listener again, for connections that come from now on; what
  // is open stays open. Errors: what is wrong with which file; that listener keeps what it has.
  virtual Status reload_certificates() = 0;

  // Stops accepting, closes idle connections, answers what is under way (with Connection: close)
  // and returns when all is done or options.drain_time has passed. True when nothing had to be cut.
  // After it the server only waits for its destruction: a late Respond does nothing.
  virtual bool drain() = 0;
};

}  // namespace console_policy::http
