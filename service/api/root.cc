// SPDX-License-Identifier: Apache-2.0
#include "service/api/root.h"

#include "service/api/answer.h"
#include "service/api/api_version.h"
#include "service/codec/messages.h"

namespace console_policy::api {
namespace {

codec::ApiVersions versions() {
  return {std::string(min_api_version), std::string(max_api_version), "/v1/"};
}

}  // namespace

Result<http::Response> show_versions(const Call& /*call*/) {
  return json_answer(200, codec::encode_versions(versions()));
}

Result<http::Response> show_version(const Call& /*call*/) {
  return json_answer(200, codec::encode_version(versions()));
}

Result<http::Response> show_health(const Call& call) {
  const Status store = call.services.store.check();
  http::Response response;
  response.status = store.ok() ? 200 : 503;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.headers.emplace_back("Cache-Control", "no-store");
  if (!store.ok()) response.headers.emplace_back("Retry-After", "1");
  response.body = store.ok() ? "OK" : "The store cannot be read.";
  return response;
}

}  // namespace console_policy::api
