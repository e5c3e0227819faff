// SPDX-License-Identifier: Apache-2.0
#include "service/api/root.h"

#include "service/api/accept.h"
#include "service/api/answer.h"
#include "service/api/api_version.h"
#include "service/codec/messages.h"

namespace console_policy::api {
namespace {

codec::ApiVersions versions(const Call& call) {
  return {std::string(min_api_version), std::string(max_api_version), call.prefix + "/v1/"};
}

struct Health {
  bool works{true};
  std::vector<std::string> reasons;  // faults and remarks; nothing else when it does not work
};

Health health_of(const std::vector<HealthCheck>& checks) {
  Health health;
  for (const HealthCheck& check : checks) {
    const Result<std::string> said = check.check();
    const std::string& reason = said.ok() ? said.value() : said.error().message;
    if (reason.empty()) continue;
    health.works = health.works && said.ok();
    health.reasons.push_back(check.name.empty() ? reason : check.name + ": " + reason);
  }
  if (health.works) health.reasons.insert(health.reasons.begin(), "OK");
  return health;
}

std::string lines_of(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += (text.empty() ? "" : "\n") + reason;
  return text;
}

}  // namespace

Result<http::Response> show_versions(const Call& call) {
  return json_answer(200, codec::encode_versions(versions(call)));
}

Result<http::Response> show_version(const Call& call) {
  return json_answer(200, codec::encode_version(versions(call)));
}

Result<http::Response> show_health(const Call& call) {
  const Health health = health_of(call.services.health);
  const bool json = prefers(http::combined_header(call.request.headers, "accept"),
                            "application/json", "text/plain");
  http::Response response;
  response.status = health.works ? 200 : 503;
  if (health.works && call.request.method == "HEAD") response.status = 204;
  if (response.status != 204) {
    response.headers.emplace_back("Content-Type",
                                  json ? "application/json" : "text/plain; charset=utf-8");
  }
  response.headers.emplace_back("Cache-Control", "no-store");
  if (!health.works) response.headers.emplace_back("Retry-After", "1");
  response.body = json ? codec::encode_health(health.reasons) : lines_of(health.reasons);
  return response;
}

}  // namespace console_policy::api
