// SPDX-License-Identifier: Apache-2.0
#include "service/metrics/scrape.h"

#include <exception>
#include <utility>

#include "service/metrics/exposition.h"

namespace console_policy::metrics {
namespace {

constexpr std::string_view metrics_path = "/metrics";

http::Response plain(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

}  // namespace

void Scrape::handle(http::Request request, http::Respond respond) noexcept {
  try {
    const std::string_view target = request.target;
    if (target.substr(0, target.find('?')) != metrics_path) {
      return respond(plain(404, "GET /metrics is all that is here.\n"));
    }
    if (request.method != "GET" && request.method != "HEAD") {
      http::Response response = plain(405, "GET or HEAD is expected.\n");
      response.headers.emplace_back("Allow", "GET, HEAD");
      return respond(std::move(response));
    }
    http::Response response;
    response.status = 200;
    response.headers.emplace_back("Content-Type", Exposition::content_type);
    response.body = text_();
    respond(std::move(response));
  } catch (const std::exception&) {
    // Out of memory: the server answers when `respond` is destroyed, and calls refuse().
  }
}

http::Response Scrape::refuse(const Error& error, std::string_view client_address) noexcept {
  try {
    refused_(error, client_address);
    if (error.code == ErrorCode::unavailable) return plain(503, "Too many connections.\n");
    if (error.code == ErrorCode::internal) return plain(500, "The service failed to answer.\n");
    return plain(400, "Not a request that is answered here.\n");
  } catch (const std::exception&) {
    return http::Response{};
  }
}

}  // namespace console_policy::metrics
