// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/http/echo_handler.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <utility>

#include "tests/unit/http/raw_client.h"

namespace console_policy::http::test {

void EchoHandler::handle(Request request, Respond respond) noexcept {
  Response response;
  response.status = 200;
  response.headers = {{"Content-Type", "text/plain"}};
  response.body =
      request.method + " " + request.target + " " + request.client_address + "\n" + request.body;
  if (request.target == "/lose") return;
  if (request.target == "/big") response.body.assign(big_bytes, 'b');
  const std::lock_guard lock{mutex_};
  if (request.target == "/hold" && !finished_) {
    held_.push_back({std::move(response), std::move(respond), request.client_gone});
    held_more_.notify_all();
  } else if (request.target == "/later" && !finished_) {
    later_.emplace_back([response = std::move(response), respond = std::move(respond)] {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      respond(response);
    });
  } else {
    respond(std::move(response));
  }
}

Response EchoHandler::refuse(const Error& error, std::string_view) noexcept {
  Response response;
  response.status = status_of(error.code);
  response.body = error.message;
  return response;
}

bool EchoHandler::wait_until_held(std::size_t count) {
  std::unique_lock lock{mutex_};
  return held_more_.wait_for(lock, RawClient::patience, [&] { return held_.size() >= count; });
}

std::size_t EchoHandler::gone() {
  const std::lock_guard lock{mutex_};
  std::size_t count = 0;
  for (const Held& one : held_)
    if (*one.client_gone) ++count;
  return count;
}

void EchoHandler::release() {
  std::vector<Held> held;
  {
    const std::lock_guard lock{mutex_};
    held.swap(held_);
  }
  for (Held& one : held) one.respond(std::move(one.response));
}

void EchoHandler::finish() {
  {
    const std::lock_guard lock{mutex_};
    finished_ = true;
  }
  release();
  for (std::thread& thread : later_) thread.join();
  later_.clear();
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_request:
      return 400;
    case ErrorCode::unauthenticated:
      return 401;
    case ErrorCode::forbidden:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::method_not_allowed:
      return 405;
    case ErrorCode::not_acceptable:
      return 406;
    case ErrorCode::request_timeout:
      return 408;
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::length_required:
      return 411;
    case ErrorCode::precondition_failed:
      return 412;
    case ErrorCode::content_too_large:
      return 413;
    case ErrorCode::uri_too_long:
      return 414;
    case ErrorCode::unsupported_media_type:
      return 415;
    case ErrorCode::too_many_requests:
      return 429;
    case ErrorCode::header_too_large:
      return 431;
    case ErrorCode::internal:
      return 500;
    case ErrorCode::not_implemented:
      return 501;
    case ErrorCode::unavailable:
      return 503;
  }
  return 0;
}

Limits EchoServer::patient_limits() {
  Limits limits;
  limits.header_timeout = limits.body_timeout = limits.idle_timeout = limits.write_timeout =
      std::chrono::seconds{30};
  return limits;
}

EchoServer::EchoServer(Limits limits, std::chrono::milliseconds drain_time) {
  Options options;
  options.listen.front().port = 0;
  options.limits = limits;
  options.drain_time = drain_time;
  auto started = Server::start(options, handler);
  REQUIRE(started.ok());
  server = std::move(started).value();
}

EchoServer::~EchoServer() {
  handler.finish();
}

std::uint16_t EchoServer::port() const {
  return port_of(server->urls().front());
}

std::string get(std::string_view target, std::string_view more_fields) {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: test\r\n" + std::string{more_fields} +
         "\r\n";
}

std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string{target} +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string{body};
}

}  // namespace console_policy::http::test
