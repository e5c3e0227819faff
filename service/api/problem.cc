// SPDX-License-Identifier: Apache-2.0
#include "service/api/problem.h"

#include <algorithm>
#include <string>

#include "service/api/api_version.h"
#include "service/codec/messages.h"

namespace console_policy::api {
namespace {

struct Row {
  int status;
  std::string_view name;
  std::string_view title;
};

Row row(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_request:
      return {400, "invalid_request", "Bad Request"};
    case ErrorCode::unauthenticated:
      return {401, "unauthenticated", "Unauthorized"};
    case ErrorCode::forbidden:
      return {403, "forbidden", "Forbidden"};
    case ErrorCode::not_found:
      return {404, "not_found", "Not Found"};
    case ErrorCode::method_not_allowed:
      return {405, "method_not_allowed", "Method Not Allowed"};
    case ErrorCode::not_acceptable:
      return {406, "not_acceptable", "Not Acceptable"};
    case ErrorCode::request_timeout:
      return {408, "request_timeout", "Request Timeout"};
    case ErrorCode::length_required:
      return {411, "length_required", "Length Required"};
    case ErrorCode::conflict:
      return {409, "conflict", "Conflict"};
    case ErrorCode::precondition_failed:
      return {412, "precondition_failed", "Precondition Failed"};
    case ErrorCode::content_too_large:
      return {413, "content_too_large", "Content Too Large"};
    case ErrorCode::uri_too_long:
      return {414, "uri_too_long", "URI Too Long"};
    case ErrorCode::unsupported_media_type:
      return {415, "unsupported_media_type", "Unsupported Media Type"};
    case ErrorCode::too_many_requests:
      return {429, "too_many_requests", "Too Many Requests"};
    case ErrorCode::header_too_large:
      return {431, "header_too_large", "Request Header Fields Too Large"};
    case ErrorCode::internal:
      return {500, "internal", "Internal Server Error"};
    case ErrorCode::not_implemented:
      return {501, "not_implemented", "Not Implemented"};
    case ErrorCode::unavailable:
      return {503, "unavailable", "Service Unavailable"};
  }
  return {500, "internal", "Internal Server Error"};
}

codec::Problem body_of(const Error& error, std::string_view request_id) {
  const Row kind = row(error.code);
  codec::Problem body;
  body.request_id = std::string(request_id);
  body.code = "console-policy." + std::string(kind.name);
  body.status = kind.status;
  body.title = std::string(kind.title);
  body.detail = error.message;
  if (error.code == ErrorCode::not_acceptable) {
    body.min_version = std::string(min_api_version);
    body.max_version = std::string(max_api_version);
  }
  return body;
}

}  // namespace

int http_status(ErrorCode code) {
  return row(code).status;
}

std::string_view error_name(ErrorCode code) {
  return row(code).name;
}

http::Response problem(const Error& error, std::string_view request_id) {
  return problems({error}, request_id);
}

http::Response problems(const std::vector<Error>& errors, std::string_view request_id) {
  const ErrorCode first = errors.empty() ? ErrorCode::internal : errors.front().code;
  std::vector<codec::Problem> bodies;
  bodies.reserve(errors.size());
  for (const Error& error : errors) bodies.push_back(body_of(error, request_id));
  http::Response response;
  response.status = row(first).status;
  response.headers.emplace_back("Content-Type", "application/json");
  if (first == ErrorCode::unavailable || first == ErrorCode::too_many_requests) {
    const auto wait = std::max(errors.front().retry_after, std::chrono::seconds(1));
    response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  }
  response.body = codec::encode_problems(bodies);
  return response;
}

}  // namespace console_policy::api
