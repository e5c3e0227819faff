// SPDX-License-Identifier: Apache-2.0
// The bare answer of cpprestsdk's own listener, with the same text as bare_beast's.
//
// usage: bare_cpprest PORT THREADS
#include <cpprest/http_listener.h>
#include <pplx/threadpool.h>

#include <csignal>
#include <cstdlib>
#include <string>

const char* const body =
    R"({"resolution":{"consoles":["SPICE","VNC","SERIAL","MKS"],"denied":[],"revision":1234,"filler":"xxxxxxxxxxxxxxx"}})";

int main(int argc, char** argv) {
  if (argc != 3) return EXIT_FAILURE;
  crossplat::threadpool::initialize_with_threads(static_cast<std::size_t>(std::atoi(argv[2])));
  web::http::experimental::listener::http_listener listener(
      "http://127.0.0.1:" + std::string(argv[1]) + "/");
  listener.support([](const web::http::http_request& request) {
    request.reply(web::http::status_codes::OK, std::string(body), "application/json");
  });
  listener.open().wait();
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigprocmask(SIG_BLOCK, &ends, nullptr);
  int received = 0;
  sigwait(&ends, &received);
  listener.close().wait();
}
